import Postgres
import SQLCatalog
import SyncStore
import TestKit
import Testing

/// Where locks come from, and how long they last.
@Suite("Locks") struct LockTests {
  @Test(
    "S2-12 A lock's id is the 64-bit hash of its key, taken before the write, and gone after commit and rollback alike",
    .syncDatabase, arguments: [("RIO", 8_815_795_725_131_634_723), ("RIO2", 1_338_430_478_817_570_412)])
  func hashed(organization: String, id: Int64) async throws {
    struct Undone: Error {}
    let held = """
      SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks
      WHERE locktype = 'advisory' AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """
    try await onDatabase { session in
      let key = try session.count("SELECT hashtextextended('syncline.kpi.rebuild:' || $1, 0)", [.text(organization)])
      #expect(Int64(key) == id)
      for isCommitted in [true, false] {
        do {
          try session.asSystem {
            try session.query(Queries.lockRebuild, [.text(organization)])
            #expect(try session.list(held) == [String(id)])
            let writes = try session.list(
              "SELECT mode FROM pg_locks WHERE relation = 'kpi_slot'::regclass AND pid = pg_backend_pid()")
            #expect(!writes.contains("RowExclusiveLock"), "nothing is written yet")
            _ = try KPIStore.rebuild(session, organization: organization, slot: -1, cause: "test")
            guard isCommitted else { throw Undone() }
          }
        } catch is Undone {}
        #expect(try session.list(held) == [])
      }
    }
  }

  @Test(
    "S0-28 S1-02 PostgreSQL gets the locking functions by one migration and the summaries by another; each goes back")
  func migrations() async throws {
    let connection = try await PGConnection.open(PGOptions(url: try await TestDatabase.fresh()), name: "test")
    try await connection.run { session in
      #expect(try session.value("SELECT version()")?.hasPrefix("PostgreSQL ") == true)
      _ = try Migrator.up(session)
      func exists(_ function: String) throws -> Bool {
        try session.count("SELECT count(*)::int FROM pg_proc WHERE proname = $1", [.text(function)]) > 0
      }
      func isView(_ name: String) throws -> Bool {
        try session.count("SELECT count(*)::int FROM pg_class WHERE relname = $1 AND relkind = 'v'", [.text(name)]) > 0
      }
      #expect(try exists("update_mirror_with_lock") && isView("pfa_kpi_summary"))
      _ = try Migrator.down(session, to: 8)
      #expect(try !exists("update_mirror_with_lock") && isView("pfa_kpi_summary"))
      _ = try Migrator.down(session, to: 5)
      #expect(try !isView("pfa_kpi_summary"))
    }
    await connection.close()
  }
}
