import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Clients that edit records of RIO, commit drafts and append events at once, and write down what they were told.
package final class HistoryClients: Sendable {
  package typealias Told = (effects: [ToldHistory.Effect], sights: [ToldHistory.Sight])

  private let pool: PGPool
  private let records: [String]
  private let streams: [String]
  /// Commits the drafts of ann's session of that name, and says what became of them.
  private let commit: @Sendable (PGPool, _ session: String) async throws -> Told
  private let clock = Locked(0)
  private let calls = Locked<[ToldHistory.Call]>([])

  package init(
    pool: PGPool, records: [String], streams: [String],
    commit: @escaping @Sendable (PGPool, _ session: String) async throws -> Told
  ) {
    self.pool = pool
    self.records = records
    self.streams = streams
    self.commit = commit
  }

  /// Runs the clients until the deadline. Throws what the database refuses: nothing of it is expected.
  package func run(clients: Int, seed: UInt64, until deadline: ContinuousClock.Instant) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          var random = SplitMix64(seed: seed &+ UInt64(client))
          var known: [String: Int64] = [:]
          while ContinuousClock.now < deadline { try await self.call(client, &random, &known) }
        }
      }
      try await group.waitForAll()
    }
  }

  /// What was told since the last time, with the versions before and after.
  package func history(from initial: [String: Int64], to final: [String: Int64]) -> ToldHistory {
    ToldHistory(
      calls.with { calls in
        defer { calls = [] }
        return calls
      }, from: initial, to: final)
  }

  /// The version of everything now.
  package func versions() async throws -> [String: Int64] {
    let (records, streams) = (records, streams)
    return try await pool.run { session in
      var versions = Dictionary(uniqueKeysWithValues: streams.map { ($0, Int64(-1)) })
      let rows = try session.query(
        "SELECT pfa_id, version::bigint AS version FROM pfa_mirror WHERE organization_id = 'RIO' AND pfa_id = ANY ($1)",
        [.array(.text(records))]
      ).rows
      for row in rows { versions[try row.string("pfa_id")] = try row.integer("version") }
      let ends = try session.query(
        "SELECT stream, max(version)::bigint AS version FROM sync_event WHERE stream = ANY ($1) GROUP BY stream",
        [.array(.text(streams))]
      ).rows
      for row in ends { versions[try row.string("stream")] = try row.integer("version") }
      return versions
    }
  }

  private func moment() -> Int {
    clock.with { clock in
      clock += 1
      return clock
    }
  }

  private func call(_ client: Int, _ random: inout SplitMix64, _ known: inout [String: Int64]) async throws {
    let choice = random.below(8)
    let started: Int
    let told: Told
    if choice < 4 {
      let record = records[random.below(records.count)]
      let value = random.below(1_000_000)
      started = moment()
      told = try await edit(record, value, &known)
    } else if choice < 7 {
      let stream = streams[random.below(streams.count)]
      let (count, strategy) = (1 + random.below(3), random.below(2) == 0 ? AppendStrategy.advisory : .delayed)
      started = moment()
      told = try await append(count, stream, strategy, &known)
    } else {
      let session = try await draft(client, &random)
      started = moment()
      told = try await commit(pool, session)
      // What was not committed would be in the way of nobody, but grow.
      try await pool.run { session_ in
        try HistoryClients.asApp(session_) {
          _ = try session_.query("SELECT discard_session('RIO', 'ann', $1)", [.text(session)])
        }
      }
    }
    let ended = moment()
    calls.with {
      $0.append(
        ToldHistory.Call(client: client, started: started, ended: ended, effects: told.effects, sights: told.sights))
    }
  }

  private func edit(_ record: String, _ value: Int, _ known: inout [String: Int64]) async throws -> Told {
    let version = known[record] ?? 1
    let (row, made): (PGRow, Int64?) = try await pool.run { session in
      try HistoryClients.asApp(session) {
        // The upstream's stamp is no content: a newer record that says the same moves it under one version.
        let row = try session.query(
          """
          SELECT u.*, (u.current_content - 'lastModified')::text AS content
          FROM update_mirror_with_lock(md5('RIO' || chr(31) || $1)::uuid, $2::jsonb, $3::int) u
          """,
          [.text(record), .text(#"{"dor": "\#(value)"}"#), .int(version)]
        ).one()
        return (row, try row.int("new_version"))
      }
    }
    let content = try row.text("content")
    let current = try row.integer("current_version")
    known[record] = current
    guard let made else { return ([], [.init(record, current, content: content)]) }
    return ([.init(record, version, made, content: content)], [])
  }

  private func append(
    _ count: Int, _ stream: String, _ strategy: AppendStrategy, _ known: inout [String: Int64]
  ) async throws -> Told {
    let version = known[stream] ?? -1
    do {
      let new = try await pool.run { session in
        try HistoryClients.asApp(session) {
          try JournalStore.append(
            session, Array(repeating: JournalEvent("happened", data: .object([])), count: count), to: stream,
            expecting: ExpectedVersion(version), criteria: nil, strategy: strategy)
        }
      }
      known[stream] = new
      return ([.init(stream, version, new)], [])
    } catch let conflict as StreamConflict {
      known[stream] = conflict.actual
      return ([], [.init(stream, conflict.actual)])
    }
  }

  /// Drafts of two records, which are committed whole or not at all; the session's name.
  private func draft(_ client: Int, _ random: inout SplitMix64) async throws -> String {
    let first = random.below(records.count)
    let value = random.below(1_000_000_000)
    let name = "s\(client)-\(value)"
    let pair = Set([records[first], records[(first + 1) % records.count]])
    for record in pair.sorted() {
      try await pool.run { session in
        _ = try DraftStore.create(
          session, organization: "RIO", pfaId: record, user: "ann", session: name,
          delta: FieldValues(json: Array(#"{"class": "\#(value)"}"#.utf8)) ?? FieldValues(), baseVersion: nil)
      }
    }
    return name
  }

  private static func asApp<R>(_ session: PGSession, _ body: () throws -> R) throws -> R {
    try session.transaction {
      try session.query(
        """
        SELECT set_config('role', 'syncline_app', true), set_config('syncline.organization', 'RIO', true),
          set_config('syncline.user_id', 'ann', true)
        """)
      return try body()
    }
  }
}
