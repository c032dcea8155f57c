import PEMS
import Runtime
import SyncStore

/// Where each organization's edits go: to the source it was last read from.
final class WriteTargets: Sendable {
  private let catalog: SourceCatalog
  private let sources: SourceFactory
  private let targets = Locked<[String: any RecordTarget]>([:])
  private let rest: Duration

  /// `rest`: how long an edit waits that nobody knows where to send.
  init(catalog: SourceCatalog, sources: SourceFactory, rest: Duration) {
    self.catalog = catalog
    self.sources = sources
    self.rest = rest
  }

  /// The target for an organization; `lastRead` is the source of its last completed read, nil without one. Throws
  /// NO_WRITE_TARGET, and what the catalog says of a source that can not be used. That is not the edit's fault, which
  /// waits until workers are told better, and loses no attempt.
  func target(lastRead: String?) throws(SourceError) -> any RecordTarget {
    do {
      return try configured(lastRead)
    } catch {
      throw SourceError(
        error.reason, error.message, hint: error.hint, isTransient: true, retryAfter: rest, costsAttempt: false)
    }
  }

  private func configured(_ lastRead: String?) throws(SourceError) -> any RecordTarget {
    let definition = try catalog.writeTarget(lastRead: lastRead)
    if let known = targets.with({ $0[definition.name] }) { return known }
    guard let made = sources.target(definition) else {
      throw SourceError(.noWriteTarget, "the source \(definition.name) takes no edits")
    }
    return targets.with { targets in
      let target = targets[definition.name] ?? made
      targets[definition.name] = target
      return target
    }
  }

  /// Which sources rest when these tenants of upstreams do.
  func resting(_ upstreams: [String]) -> RestingSources { catalog.resting(upstreams) }
}

extension SourceCatalog {
  /// Which sources that take edits rest when these tenants of upstreams do.
  package func resting(_ upstreams: [String]) -> RestingSources {
    var found = RestingSources()
    guard !upstreams.isEmpty else { return found }
    let able = sources.values.filter { $0.kind == .pemsGrid }
    found.known = able.map(\.name).sorted()
    found.resting = able.filter { upstreams.contains($0.upstream) }.map(\.name).sorted()
    found.othersRest = (try? writeTarget(lastRead: nil)).map { upstreams.contains($0.upstream) } ?? false
    return found
  }

  /// The organization's own source if it takes edits, else the only one there is that does: two would be a guess.
  package func writeTarget(lastRead: String?) throws(SourceError) -> SourceDefinition {
    if let lastRead, sources[lastRead]?.kind == .pemsGrid || unconfigured[lastRead] != nil {
      return try source(lastRead)
    }
    let able = sources.values.filter { $0.kind == .pemsGrid }.map(\.name).sorted()
    switch able.count {
    case 1: return try source(able[0])
    case 0:
      // What it lacks is the more useful answer.
      if let lacking = unconfigured.keys.sorted().first { return try source(lacking) }
      throw SourceError(
        .noWriteTarget, "no source takes edits",
        hint: "define a source of kind pems-grid and restart the workers: edits wait for it")
    default:
      throw SourceError(
        .noWriteTarget, "several sources take edits: \(able.joined(separator: ", "))",
        hint: "read the organization from the right one: its edits wait for that")
    }
  }
}
