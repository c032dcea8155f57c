import Postgres
import Runtime
import SyncDomain
import TestKit
import Testing

/// Real clients on a real server: what all of them were told fits together.
@Suite("Client histories", .syncDatabase)
struct ClientHistoryTests {
  @Test("Eight clients edit, commit and append at once for two seconds: some order explains what each was told")
  func short() async throws {
    let records = ["a", "b", "c"]
    try await onDatabase { session in
      try apply(session, records.map { Sample($0) })
      try session.permit("ann", "write")
    }
    let pool = try PGPool(
      PGOptions(url: SyncDatabase.current.url), size: 4, name: "clients", log: Log(level: .error))
    let clients = HistoryClients(pool: pool, records: records, streams: ["history/1", "history/2"]) { pool, session in
      let outcome = try await pool.run { try $0.commitNow(session, "ann") }
      let effects = (outcome?.applied ?? []).filter { !$0.patch.isEmpty }.map {
        ToldHistory.Effect($0.record.pfaId, Int64($0.record.version - 1), Int64($0.record.version))
      }
      return (effects, (outcome?.conflicted ?? []).map { .init($0.record.pfaId, Int64($0.record.version)) })
    }
    let before = try await clients.versions()
    let seed = UInt64.random(in: 1...UInt64.max)
    try await clients.run(clients: 8, seed: seed, until: .now + .seconds(2))
    let after = try await clients.versions()
    let history = clients.history(from: before, to: after)
    await pool.close()
    let edits = history.calls.count { !$0.effects.isEmpty }
    let answers = history.calls.count { !$0.sights.isEmpty }
    print("client history: seed \(seed), \(history.calls.count) calls, \(edits) effects, \(answers) conflicts")
    #expect(edits > 10 && answers > 0)
    #expect(history.fault() == nil)
  }
}
