import SyncStore
import Testing

@testable import Operator

/// What is said of sessions that keep others waiting for a lock.
@Suite struct LockCheckTests {
  private let idle = HealthReports.Blocker(
    .init(pid: 4711, login: "ann", application: "psql", state: "idle in transaction", seconds: 250), waiting: 1,
    longest: 25)
  /// As a login without `pg_read_all_stats` sees it.
  private let hidden = HealthReports.Blocker(
    .init(pid: 4712, login: "bob", application: "", state: "", seconds: 12), waiting: 2, longest: 12)
  private let prepared = HealthReports.Blocker(
    .init(pid: 0, login: "", application: "", state: "", seconds: 90), waiting: 1, longest: 90)

  @Test("Doctor names who holds others up, as far as it may see, and the line that ends it")
  func judged() {
    #expect(LockCheck.judge([]).status == .ok)
    let one = LockCheck.judge([idle])
    #expect(one.status == .warning)
    #expect(
      one.detail == "1 session waits for a lock, the first for 25 s, of process 4711, ann, psql, idle in transaction, "
        + "whose transaction is open for 4 min 10 s")
    #expect(one.remedy?.hasSuffix(#"end it: psql "$DATABASE_URL" -c "SELECT pg_terminate_backend(4711)""#) == true)
    let more = LockCheck.judge([hidden, idle])
    #expect(
      more.detail.hasPrefix("2 sessions wait for a lock, the first for 12 s, of process 4712, bob, whose transaction"))
    #expect(more.remedy?.contains("end the first: ") == true && more.detail.contains("; 1 session waits"))
    #expect(LockCheck.text(prepared).contains("of a prepared transaction, whose"))
    #expect(LockCheck.command(prepared).contains("pg_prepared_xacts"))
  }

  @Test("It is among what needs somebody")
  func attention() {
    var overview = Overview(time: .now)
    overview.blockers = .read([idle])
    let items = Attention.all(overview)
    #expect(items.map(\.text) == [LockCheck.text(idle)])
    #expect(items.first?.commands == ["syncline doctor", LockCheck.command(idle)])
  }
}
