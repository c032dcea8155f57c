import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncStore
import SyncWorker

/// Reads what the status page shows, on connections of its own, with limits that keep a slow database from being asked
/// more, and the worker from noticing.
final class StatusReader: Sendable {
  /// For all parts of a page together; what is left then is not shown.
  private static let patience = Duration.seconds(5)
  private static let statementLimit = Duration.seconds(3)

  /// An overview, and why the database could not be asked now; then it is an earlier one, or an empty one.
  struct Reading: Sendable {
    let overview: Overview
    let trouble: String?
  }

  private let pool: PGPool
  private let settings: Settings
  private let definitions: Definitions
  private let kafka: KafkaSettings
  private let admin = Locked<KafkaAdmin?>(nil)
  private let lastGood = Locked<Overview?>(nil)
  private let overviews = RecentValues<Int, Reading>(lifetime: .seconds(2), capacity: 1)
  private let organizations = RecentValues<String, OrganizationView>(lifetime: .seconds(10), capacity: 32)
  private let jobs = RecentValues<String, JobView>(lifetime: .seconds(1), capacity: 32)

  /// Connects nothing yet.
  init(_ settings: Settings, kafka: KafkaSettings, definitions: Definitions, log: Log) {
    var options = settings.postgresOptions(applicationName: "syncline-status")
    options.connectTimeout = .seconds(2)
    options.statementTimeout = StatusReader.statementLimit
    options.answerGrace = .seconds(2)
    options.sessionSettings["jit"] = "off"
    pool = PGPool(options, size: 2, name: "status", log: log, acquireTimeout: .seconds(2), lifetime: .seconds(300))
    self.settings = settings
    self.definitions = definitions
    self.kafka = kafka
  }

  func close() async {
    await admin.with { admin in
      defer { admin = nil }
      return admin
    }?.close()
    await pool.close()
  }

  func overview() async -> Reading { await overviews.value(0) { await self.readOverview() } }

  func organization(_ id: String) async -> OrganizationView {
    await organizations.value(id) {
      var view = OrganizationView(id: id, time: Date())
      await view.read(self.sections())
      return view
    }
  }

  func job(_ id: String) async -> JobView {
    await jobs.value(id) {
      var view = JobView(id: id, time: Date())
      await view.read(self.sections())
      return view
    }
  }

  /// Carries a decision out; nil, or why nothing was changed.
  func perform(_ request: ActRequest, by actor: String, reason: String) async throws -> String? {
    let refusal = try await pool.run { try ActPerformer.perform(request, by: actor, reason: reason, $0) }
    await overviews.forget()
    await organizations.forget()
    await jobs.forget()
    return refusal
  }

  private func sections() -> SectionReader {
    let pool = pool
    return SectionReader(within: StatusReader.patience) { body in try await pool.run(body) }
  }

  private func readOverview() async -> Reading {
    let sections = sections()
    var overview = Overview(time: Date(), definitions: definitions)
    await overview.read(sections)
    let group = settings.group
    overview.lag = await lag(await sections.read { try OffsetStore.positions($0, group: group) })
    let trouble = await sections.trouble
    guard let trouble else {
      let good = overview
      lastGood.with { $0 = good }
      return Reading(overview: overview, trouble: nil)
    }
    return Reading(overview: lastGood.with { $0 } ?? overview, trouble: trouble)
  }

  private func lag(_ positions: Section<[OffsetStore.Position]>) async -> Section<[PartitionLag]> {
    switch positions {
    case .missing(let cause): return .missing(cause)
    case .read(let positions):
      do {
        let admin = try client()
        let topics = settings.topics.work
        return .read(
          try await withTimeout(StatusReader.patience) {
            try await PartitionLag.measure(admin, positions: positions, topics: topics).partitions
          })
      } catch {
        return .missing(ErrorRules.all.lazy.compactMap { $0(error)?.first?.message }.first ?? "\(error)")
      }
    }
  }

  /// Made when the first page is asked for: most workers never show one.
  private func client() throws -> KafkaAdmin {
    var log = settings.log
    // librdkafka repeats each failed connection; the page says it once.
    if log.level > .debug { log.descriptor = -1 }
    let (quiet, kafka) = (log, kafka)
    return try admin.with { admin in
      if let admin { return admin }
      let new = try KafkaAdmin(settings: kafka, log: quiet, timeout: .seconds(2))
      admin = new
      return new
    }
  }
}
