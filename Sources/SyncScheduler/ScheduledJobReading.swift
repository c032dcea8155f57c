import PEMS
import SyncDomain
import YAML

/// The keys of one entry of `jobs:` and what each may hold.
extension ScheduledJob {
  /// Reads an entry; what is wrong is in the reader afterwards. Nil: too little of it is right.
  init?(reading reader: DefinitionReader, sources: Set<String>, zones: TimeZoneDirectory) {
    let name = reader.requiredText("name")
    if !name.isEmpty, name.utf8.count > 100 || !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) {
      reader.fault(reader.node, "name: at most 100 printable ASCII characters without spaces and slashes")
    }
    if reader.node["kind"] == nil, reader.node.mapping != nil { reader.fault(reader.node, "kind is missing") }
    let kind = reader.choice("kind", Kind.self)
    // Which other keys are right depends on the kind; what they hold is looked at when the schedule is right.
    guard let schedule = ScheduledJob.readSchedule(reader, zones), let kind, !name.isEmpty else { return nil }
    self.init(name: name, kind: kind, schedule: schedule)
    readTarget(reader, sources)
    readConduct(reader)
    reader.finish()
  }

  private mutating func readTarget(_ reader: DefinitionReader, _ sources: Set<String>) {
    organizations = ScheduledJob.readOrganizations(reader)
    switch kind {
    case .readSync:
      source = reader.requiredText("source")
      if let node = reader.value("source"), !source.isEmpty, !sources.contains(source) {
        let hint = NearestName.of(source, in: sources).map { "; did you mean \"\($0)\"?" } ?? ""
        reader.fault(node, "source: none is named \"\(source)\"" + hint)
      }
      mode = reader.choice("mode", ReadSyncMode.self) ?? mode
    case .cleanup: retention = reader.section("retention", ScheduledJob.readRetention) ?? retention
    case .kpiRebuild, .kpiVerify, .writeBack: break
    }
  }

  private mutating func readConduct(_ reader: DefinitionReader) {
    jitter = reader.seconds("jitter", default: jitter, atLeast: 0)
    overlap = reader.choice("overlap", OverlapPolicy.self) ?? overlap
    if overlap == .replace, kind != .readSync, let node = reader.value("overlap") {
      reader.fault(node, "overlap: replace is for read_sync; what \(kind.rawValue) has begun is not cancelled")
    }
    missed = reader.choice("missed", MissedPolicy.self) ?? missed
    missedLimit = reader.integer("missedLimit", in: 1...1_000, default: missedLimit)
    timeout = reader.seconds("timeout", default: timeout, atLeast: 1)
    retries = reader.integer("retries", in: 0...100, default: retries)
    retryDelay = reader.seconds("retryDelay", default: retryDelay, atLeast: 0)
    priority = reader.integer("priority", in: -100...100, default: priority)
    isEnabled = reader.flag("enabled", default: isEnabled)
  }

  /// `all`, or a list of ids.
  private static func readOrganizations(_ reader: DefinitionReader) -> [String]? {
    guard let node = reader.value("organizations"), node.string != "all" else { return nil }
    guard let items = node.sequence, !items.isEmpty, items.allSatisfy({ $0.string?.isEmpty == false }) else {
      reader.fault(node, "organizations: expected all, or a list of organizations")
      return nil
    }
    return items.compactMap(\.string)
  }

  private static func readSchedule(_ reader: DefinitionReader, _ zones: TimeZoneDirectory) -> CronSchedule? {
    let text = reader.requiredText("cron")
    let zoneName = reader.text("timeZone") ?? "UTC"
    var expression: CronExpression?
    var zone: TimeZoneRules?
    if let node = reader.value("cron"), !text.isEmpty {
      do throws(CronFault) { expression = try CronExpression(text) } catch {
        reader.fault(node, "cron: \(error.reason)")
      }
    }
    do throws(CronFault) {
      zone = try zones.zone(zoneName)
    } catch {
      reader.fault(reader.value("timeZone") ?? reader.node, "timeZone: \(error.reason)")
    }
    guard let expression, let zone else { return nil }
    return CronSchedule(expression, in: zone)
  }

  private static func readRetention(_ reader: DefinitionReader) -> Retention {
    var retention = Retention()
    for (key, path) in retentionKeys {
      retention[keyPath: path] = reader.seconds(key, default: retention[keyPath: path], atLeast: 86_400)
    }
    return retention
  }

  private static var retentionKeys: [(String, WritableKeyPath<Retention, Int64>)] {
    [
      ("jobs", \.jobs), ("log", \.log), ("issues", \.issues), ("deadLetters", \.deadLetters), ("firings", \.firings),
    ]
  }
}

extension DefinitionReader {
  /// A duration in whole seconds.
  fileprivate func seconds(_ key: String, default fallback: Int64, atLeast least: Int64) -> Int64 {
    let seconds = duration(key, default: .seconds(fallback)).components.seconds
    if seconds < least, let node = value(key) {
      fault(node, "\(key): at least \(least % 86_400 == 0 && least > 0 ? "\(least / 86_400)d" : "\(least)s")")
    }
    return seconds
  }
}
