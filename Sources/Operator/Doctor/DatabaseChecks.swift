import Postgres
import Runtime
import SyncStore

/// What `doctor` looks at in the database. Each check is read by itself, so that one that fails does not hide the
/// others.
enum DatabaseChecks {
  /// Seconds past a lease's end.
  private static let silence = JobStore.takeoverGrace
  /// Organizations whose totals are compared.
  static let sampleSize = 3
  /// Autovacuum begins at a fifth; more than half is more than it keeps up with.
  private static let bloatShare = 0.5

  /// More than are named, so that many refused commits do not hide a failed read.
  private static let unsettledLimit = 1_000
  /// A day.
  private static let oldPause = 86_400
  /// A leader looks every second; firings that are due for longer are late.
  static let lateness = 60

  /// What the database told, also for the other checks; nil: it could not be read.
  struct Findings: Sendable {
    var checks: [Check] = []
    /// The applied offsets, for comparison with Kafka.
    var positions: [OffsetStore.Position]?
    var crew: Crew?
    var schedules: StandstillReports.Schedules?
  }

  /// `sources`: names of those that are defined; nil: they can not be read here.
  static func run(_ settings: Settings, sources: Set<String>?) async throws -> Findings {
    guard settings.databaseURL != nil else { return Findings() }
    do {
      return try await Database.connected(settings) { try await run($0, settings, sources) }
    } catch let error as PGError {
      return Findings(checks: [Check.failed("postgres", error)])
    }
  }

  private static func run(
    _ connection: PGConnection, _ settings: Settings, _ sources: Set<String>?
  ) async throws -> Findings {
    func check(_ name: String, _ body: @Sendable (PGSession) throws -> Check) async throws -> Check {
      try await Check.of(name) { try await connection.run(body) }
    }
    let target = try PGOptions(url: settings.databaseURL?.reveal()).target()
    var checks = [try await check("postgres") { server($0.serverVersion, target: target) }]
    let schema = try await check("schema") {
      self.schema(try Migrator.status($0), isCurrent: try Migrator.isCurrent($0))
    }
    checks.append(schema)
    // Nothing below can be asked of another schema.
    guard schema.status == .ok else { return Findings(checks: checks) }
    checks.append(try await check("row security") { rowSecurity(try HealthReports.unforcedTables($0)) })
    checks.append(try await check("triggers") { StandstillChecks.triggers(try Triggers.idle($0)) })
    checks.append(try await kpis(connection))
    checks.append(
      try await check("leases") { session in
        try session.reading { leases(try HealthReports.silentJobs(session, after: silence)) }
      })
    checks.append(
      try await check("outbox") { session in try session.reading { outbox(try HealthReports.outbox(session)) } })
    checks.append(
      try await check("pushes") { session in try session.reading { pushes(try PushReports.sample(session)) } })
    checks.append(
      try await check("orders") { session in
        try session.reading { OrderCheck.judge(try RecordReports.ordersAhead(session)) }
      })
    checks.append(try await check("transactions") { transactions(try HealthReports.oldestTransaction($0)) })
    checks.append(
      try await check("locks") { LockCheck.judge(try HealthReports.blockers($0, openFor: LockCheck.patience)) })
    checks.append(try await check("bloat") { bloat(try HealthReports.bloat($0, above: bloatShare)) })
    checks.append(
      try await check("work") { session in try session.reading { work(try ActivityReports.activity(session)) } })
    let positions = try await connection.run { session in
      try session.reading { try OffsetStore.positions(session, group: settings.group) }
    }
    checks.append(gaps(positions))
    let (standstill, crew, schedules) = try await standstill(connection, sources: sources)
    return Findings(checks: checks + standstill, positions: positions, crew: crew, schedules: schedules)
  }

  /// What does not go on by itself, and who should see to it.
  private static func standstill(
    _ connection: PGConnection, sources: Set<String>?
  ) async throws -> ([Check], Crew?, StandstillReports.Schedules?) {
    func check(_ name: String, _ body: @Sendable (PGSession) throws -> Check) async throws -> Check {
      try await Check.of(name) { try await connection.run { session in try session.reading { try body(session) } } }
    }
    let (crew, waiting, schedules) = try await connection.run { session in
      try session.reading {
        (
          try CrewStore.crew(session), try StandstillReports.waitingWork(session),
          try StandstillReports.schedules(session, lateness: lateness)
        )
      }
    }
    let checks = [
      StandstillChecks.workers(crew, waiting),
      try await check("dead letters") { StandstillChecks.deadLetters(try StateStore.sample($0).deadLetters) },
      try await check("approvals") {
        StandstillChecks.approvals(
          try ActivityReports.activity($0).awaitingApproval,
          first: try JobReports.list($0, organization: nil, state: "awaiting_approval", kind: nil, limit: 1).first?
            .string("id"))
      },
      try await check("reads") {
        StandstillChecks.reads(try UnsettledJobs.list($0, limit: unsettledLimit), sources: sources)
      },
      try await check("failures") {
        StandstillChecks.failures(try UnsettledJobs.list($0, limit: unsettledLimit), sources: sources)
      },
      try await check("upstreams") { StandstillChecks.upstreams(try BreakerStore.open($0)) },
      try await check("pauses") {
        StandstillChecks.pauses(try StandstillReports.pauses($0, olderThan: oldPause))
      },
      try await check("projects") {
        StandstillChecks.projects(try StandstillReports.projects($0, after: silence))
      },
      try await check("overrides") { StandstillChecks.overrides(try StandstillReports.overrides($0)) },
    ]
    return (checks, crew, schedules)
  }

  // MARK: Judgements, pure

  /// `version` as in 150013 for 15.13.
  static func server(_ version: Int, target: String) -> Check {
    let text = "PostgreSQL \(version / 10_000).\(version % 10_000) at \(target)"
    return version >= 150_000
      ? Check("postgres", .ok, text)
      : Check("postgres", .error, text, remedy: "use PostgreSQL 15 or newer")
  }

  static func schema(_ all: [Migrator.Status], isCurrent: Bool) -> Check {
    let changed = all.filter(\.isChanged).map { "V\($0.version) \($0.name)" }
    guard changed.isEmpty else {
      return Check(
        "schema", .error, "changed since it was applied: \(changed.joined(separator: ", "))",
        remedy: "use the program that migrated this database")
    }
    let pending = all.filter { $0.appliedAt == nil }.map { "V\($0.version) \($0.name)" }
    guard pending.isEmpty else {
      return Check(
        "schema", .error, "not applied: \(pending.joined(separator: ", "))", remedy: "run 'syncline migrate up'")
    }
    guard isCurrent else {
      return Check("schema", .error, "the database was migrated by a newer program", remedy: "use a newer syncline")
    }
    return Check("schema", .ok, "V\(all.last?.version ?? 0), as this program needs it")
  }

  static func rowSecurity(_ tables: [String]) -> Check {
    tables.isEmpty
      ? Check("row security", .ok, "forced on every table of tenants")
      : Check(
        "row security", .error, "not forced on \(tables.joined(separator: ", "))",
        remedy: "run ALTER TABLE … ENABLE ROW LEVEL SECURITY, then ALTER TABLE … FORCE ROW LEVEL SECURITY")
  }

  static func leases(_ jobs: [HealthReports.SilentJob]) -> Check {
    guard let worst = jobs.first else { return Check("leases", .ok, "no job is left alone") }
    return Check(
      "leases", .warning,
      "\(counted(jobs.count, "job")) held by silent workers, the first, \(worst.kind) of \(worst.organization), "
        + "\(worst.seconds) s ago: \(jobs.map(\.id).joined(separator: ", "))",
      remedy: "start a worker: 'syncline worker'")
  }

  static func outbox(_ outbox: HealthReports.Outbox) -> Check {
    if outbox.parked > 0 {
      return Check(
        "outbox", .warning,
        "\(counted(Int(outbox.parked), "message")) parked: Kafka refuses them; the latest: \(outbox.error ?? "unknown")",
        remedy: "remove the cause, then UPDATE outbox SET parked_at = NULL, error = NULL WHERE parked_at IS NOT NULL")
    }
    guard let seconds = outbox.seconds else { return Check("outbox", .ok, "empty") }
    let text = "\(counted(Int(outbox.messages), "message")) waiting, the oldest for \(seconds) s"
    return seconds <= 60
      ? Check("outbox", .ok, text)
      : Check("outbox", .warning, text, remedy: "start a worker, which publishes them: 'syncline worker'")
  }

  static func pushes(_ sample: PushReports.Sample) -> Check {
    guard sample.failed.isEmpty else {
      let counts = sample.failed.map { "\($0.count) with \($0.code)" }.joined(separator: ", ")
      return Check(
        "pushes", .warning, "edits that did not reach PEMS: \(counts)",
        remedy: "see 'syncline drafts list --state failed'; remove the cause, then 'syncline drafts retry --all'")
    }
    guard sample.oldestAge > 0 else { return Check("pushes", .ok, "PEMS has every edit") }
    let text = "an edit waits for \(Int64(sample.oldestAge)) s to be pushed"
    return sample.oldestAge <= 600
      ? Check("pushes", .ok, text)
      : Check("pushes", .warning, text, remedy: "read the workers' log, or start one: 'syncline worker'")
  }

  static func transactions(_ oldest: HealthReports.OpenTransaction?) -> Check {
    guard let oldest else { return Check("transactions", .ok, "none is open") }
    let text = "the oldest is open for \(oldest.seconds) s"
    guard oldest.seconds > 300 else { return Check("transactions", .ok, text) }
    return Check(
      "transactions", .warning,
      "\(text): process \(oldest.pid), \(oldest.login), \(oldest.application), \(oldest.state)",
      remedy: "it keeps vacuum from cleaning up; end it with pg_terminate_backend(\(oldest.pid)) if nobody needs it")
  }

  static func bloat(_ tables: [HealthReports.Bloat]) -> Check {
    guard !tables.isEmpty else { return Check("bloat", .ok, "no table is mostly dead rows") }
    let list = tables.map { "\($0.table): \($0.dead) dead, \($0.live) live" }.joined(separator: "; ")
    return Check(
      "bloat", .warning, list,
      remedy: "end old transactions, then VACUUM (ANALYZE) \(tables.map(\.table).joined(separator: ", "))")
  }

  /// What waits for a person; nothing of it is wrong with the machinery.
  static func work(_ activity: Activity) -> Check {
    let waiting = [
      (activity.conflicts, "conflict", "syncline conflicts list"),
      (activity.pauses, "pause", "syncline queue list"),
    ].filter { $0.0 > 0 }
    guard !waiting.isEmpty else { return Check("work", .ok, "nothing waits for a decision") }
    return Check(
      "work", .note, waiting.map { counted(Int($0.0), $0.1) }.joined(separator: ", "),
      remedy: "see " + waiting.map { "'\($0.2)'" }.joined(separator: " and "))
  }

  static func gaps(_ positions: [OffsetStore.Position]) -> Check {
    let lost = positions.compactMap { position in
      position.gap.map { "\(position.topic)[\(position.partition)] \($0.lowerBound) to \($0.upperBound - 1)" }
    }
    return lost.isEmpty
      ? Check("gaps", .ok, "no offset was lost")
      : Check(
        "gaps", .warning, "gone before they were read: \(lost.joined(separator: ", "))",
        remedy: "run a full sync of the organizations concerned: 'syncline sync run ORG --source S --mode full'")
  }

  /// `wrong`: the organizations of the sample that differ, in so many groups together.
  static func kpis(differences: Int, wrong: [String], sample: Int, of count: Int) -> Check {
    let scope = sample < count ? "a sample of \(sample) of \(counted(count, "organization")): " : ""
    guard differences > 0 else {
      let rest = sample < count ? "; all: 'syncline kpi verify'" : ""
      return Check("kpi", .ok, "\(scope)totals are what the records say\(rest)")
    }
    return Check(
      "kpi", .error,
      "\(scope)\(counted(differences, "group")) of \(wrong.joined(separator: ", ")) not as the records say",
      remedy: "see 'syncline kpi verify', correct with 'syncline kpi rebuild --all'")
  }

  /// A sample, because all of it may take minutes: `kpi verify` looks at everything.
  private static func kpis(_ connection: PGConnection) async throws -> Check {
    try await Check.of("kpi") {
      let all = try await connection.run { session in
        try session.reading { try OrganizationStore.all(session).rows.map { try $0.string("id") } }
      }
      let sample = Array(all.shuffled().prefix(sampleSize)).sorted()
      var wrong: [String] = []
      var differences = 0
      for organization in sample {
        let found = try await connection.run { session in
          try session.reading { try KPIStore.differences(session, organization: organization).rowCount }
        }
        if found > 0 { wrong.append(organization) }
        differences += found
      }
      return kpis(differences: differences, wrong: wrong, sample: sample.count, of: all.count)
    }
  }
}
