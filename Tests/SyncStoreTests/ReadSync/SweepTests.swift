import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// How a run ends: the sweep of what it did not see, the watermark, the log.
@Suite("Sweep", .syncDatabase) struct SweepTests {
  private func success(sweep: Bool = true, watermark: Int64? = nil) -> ReadRunStore.Ending {
    .success(source: "pems", watermark: watermark, sweep: sweep, note: nil)
  }

  private func discontinued(_ session: PGSession) throws -> [String] {
    try session.list("SELECT pfa_id FROM pfa_mirror WHERE is_discontinued ORDER BY pfa_id")
  }

  @Test("A full run discontinues what it did not see and nobody has written since it began, with its KPI effect (R7)")
  func sweep() async throws {
    try await onDatabase { session in
      let names = ["seen", "rejected", "orphan", "later", "touched", "waiting"]
      try apply(session, names.map { Sample($0) } + [Sample("gone already") { $0.isDiscontinued = true }])
      try apply(session, [Sample("orphan")], to: "RIO2")
      var run = try ReadRun(session)
      try run.allocate(session, [1, 2], isComplete: true)
      let issue = FieldIssue(pfaId: "rejected", field: "order", code: "INVALID_ORDER", raw: nil)
      try apply(session, [Sample("seen"), Sample("new")], page: run.page(1), rejected: [issue])
      try apply(session, [Sample("later", 2) { $0.rate = "1" }, Sample("touched", 2)])
      let (active, orphans, _) = try ReadRunStore.orphans(session, run.claim)
      #expect(active == 7 && orphans == 2, "the page with 'waiting' was never applied")
      try apply(session, [Sample("waiting")], page: run.page(2))
      #expect(try ReadRunStore.orphans(session, run.claim).orphans == 1)
      #expect(try ReadRunStore.finish(session, run.claim, success(), slot: 4) == 1)
      #expect(try discontinued(session) == ["gone already", "orphan"])
      #expect(
        try session.value("SELECT count(*) FROM pfa_mirror WHERE organization_id = 'RIO2' AND is_discontinued") == "0")
      #expect(
        try session.table(
          "SELECT version, swept_by::text, data ->> 'isDiscontinued' FROM pfa_mirror WHERE pfa_id = 'orphan' AND organization_id = 'RIO'"
        )
          == [["2", run.claim.id, "true"]])
      #expect(
        try run.log(session) == """
          completed_with_errors received 4 inserted 1 updated 0 unchanged 2 stale 0 discontinued 0 rejected 1 swept 1 pages 2
          """)
      #expect(try session.count("SELECT count(*)::int FROM sync_page WHERE seen IS NOT NULL") == 0)
      #expect(try session.list("SELECT cause_id FROM kpi_change WHERE cause = 'orphan_sweep'") == [run.claim.id])
      try expectExact(session)
    }
  }

  @Test("contract 4.1, 4.2: a swept record does not come back by what comes again or was read before the sweep")
  func notTakenBack() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a", 5), Sample("b", nil), Sample("c", 5)])
      var late = try ReadRun(session)
      try late.allocate(session, [1])
      #expect(try JobDecisions.cancel(session, late.claim.id, organization: "RIO", reason: "enough"))
      let run = try ReadRun(session)
      #expect(try ReadRunStore.finish(session, run.claim, success(), slot: 0) == 3)
      for _ in 0..<2 { try apply(session, [Sample("a", 5), Sample("b", nil)]) }
      try apply(session, [Sample("a", 5), Sample("b", nil), Sample("c", 6)], page: late.page(1))
      #expect(try discontinued(session) == ["a", "b", "c"])
      #expect(try Totals.kept(session) == [:])
      #expect(try apply(session, [Sample("c", 6)]).updated == 1, "a newer event is news")
      try expectExact(session)
    }
  }

  @Test("contract 4.7: what is announced as it stands while a full read is open is not swept; what comes again is")
  func announced() async throws {
    try await onDatabase { session in
      let names = ["announced", "by itself", "elsewhere", "again", "older", "gone"]
      try apply(session, names.map { Sample($0, $0 == "by itself" ? nil : 5) })
      let run = try ReadRun(session)
      let rows = try session.table("SELECT pfa_id, version, data, updated_at FROM pfa_mirror ORDER BY 1")
      func announce(_ id: String, _ block: Int64? = 5, seconds: Int64 = 1, to organization: String = "RIO") throws {
        let now = try #require(try session.value("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))
        let at = try #require(Int64(now)) + seconds * 1_000
        let outcome = try apply(
          session, [Sample(id, block)], to: organization,
          origin: MessageOrigin(offset: 1, producedAt: at, event: randomUUID()))
        #expect(
          outcome.byName.filter { $0.1 > 0 }.map(\.0) == [
            block == 4 ? "stale" : organization == "RIO" ? "unchanged" : "inserted"
          ])
      }
      try announce("announced")
      try announce("by itself", nil)
      try announce("elsewhere", to: "RIO2")
      try announce("again", seconds: -60)
      try announce("older", 4)
      #expect(
        try session.table(
          "SELECT pfa_id, version, data, updated_at FROM pfa_mirror WHERE organization_id = 'RIO' ORDER BY 1")
          == rows, "nothing but the time of the confirmation is written")
      #expect(try ReadRunStore.orphans(session, run.claim).orphans == 4)
      #expect(try ReadRunStore.finish(session, run.claim, success(), slot: 0) == 4)
      #expect(try discontinued(session) == ["again", "elsewhere", "gone", "older"])
      try expectExact(session)
      let confirmed = "SELECT last_synced_at FROM pfa_mirror WHERE pfa_id = 'announced'"
      let before = try session.value(confirmed)
      try announce("announced")
      #expect(try session.value(confirmed) == before, "without an open read nothing is written")
    }
  }

  @Test("A swept record that a later run sees is taken back, whatever its order; an older one by itself is not (R8)")
  func takenBack() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a", 5), Sample("b", nil), Sample("c", 5), Sample("d", 5)])
      let run = try ReadRun(session)
      #expect(try ReadRunStore.finish(session, run.claim, success(), slot: 0) == 4)
      #expect(try Totals.kept(session) == [:])
      #expect(try apply(session, [Sample("c", 4)]).stale == 1)
      var later = try ReadRun(session)
      try later.allocate(session, [1])
      let outcome = try apply(
        session, [Sample("a", 5), Sample("b", nil), Sample("c", 4), Sample("d", 6)], page: later.page(1))
      #expect(outcome.updated == 4 && outcome.stale == 0)
      #expect(try discontinued(session) == [])
      #expect(try session.list("SELECT pfa_id FROM pfa_mirror WHERE swept_by IS NOT NULL") == [])
      #expect(try session.value("SELECT source_block FROM pfa_mirror WHERE pfa_id = 'c'") == "4")
      try expectExact(session)
      #expect(try apply(session, [Sample("a", 5)]).unchanged == 1, "no news any more")
    }
  }

  @Test("The guard's numbers: an empty run would take everything (R18)")
  func guardNumbers() async throws {
    try await onDatabase { session in
      try apply(session, (0..<20).map { Sample("r\($0)") })
      let run = try ReadRun(session)
      let (active, orphans, _) = try ReadRunStore.orphans(session, run.claim)
      #expect(active == 20 && orphans == 20)
      _ = try ReadRunStore.finish(session, run.claim, success(sweep: false), slot: 0)
      #expect(try discontinued(session) == [])
    }
  }

  @Test("Records rejected without a readable id are told to the guard")
  func unreadable() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a"), Sample("b")])
      var run = try ReadRun(session)
      try run.allocate(session, [1], isComplete: true)
      let issues = [
        FieldIssue(pfaId: nil, field: "pfaId", code: "MISSING_PFA_ID", raw: nil),
        FieldIssue(pfaId: "c", field: "order", code: "INVALID_ORDER", raw: nil),
      ]
      try apply(session, [Sample("a")], page: run.page(1), rejected: issues)
      let counts = try ReadRunStore.orphans(session, run.claim)
      #expect(counts.orphans == 1 && counts.unreadable == 1)
    }
  }

  @Test("The end of a run and what goes over all rows know no time limit")
  func timeLimit() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("a")])
      let run = try ReadRun(session)
      try session.execute(
        """
        CREATE TABLE noted (value text);
        GRANT INSERT ON noted TO PUBLIC;
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN INSERT INTO noted VALUES (current_setting(''statement_timeout'')); RETURN NULL; END';
        CREATE TRIGGER note AFTER UPDATE ON pfa_mirror FOR EACH ROW EXECUTE FUNCTION note();
        SET statement_timeout = '29s'
        """)
      _ = try ReadRunStore.finish(session, run.claim, success(), slot: 0)
      #expect(try session.list("SELECT value FROM noted") == ["0"])
      let within = try session.asSystem {
        _ = try KPIStore.differences(session, organization: nil)
        return try session.value("SHOW statement_timeout")
      }
      #expect(within == "0")
      #expect(try session.value("SHOW statement_timeout") == "29s")
      try session.execute("RESET statement_timeout")
    }
  }

  @Test("Ids are kept only for a run that may sweep")
  func keepSeen() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session, mode: .incremental)
      try run.allocate(session, [1], keepSeen: false)
      try apply(session, [Sample("a")], page: run.page(1))
      #expect(try session.value("SELECT seen FROM sync_page") == nil)
    }
  }

  @Test("The watermark is the one of the last success, by the clock of the upstream (R5)")
  func watermark() async throws {
    try await onDatabase { session in
      func end(_ ending: ReadRunStore.Ending) throws -> Int64? {
        let run = try ReadRun(session, mode: .incremental)
        _ = try ReadRunStore.finish(session, run.claim, ending, slot: 0)
        return try ReadRun(session, mode: .incremental).cancelled(session).watermark
      }
      #expect(try end(.failure(code: "AUTH", message: "401")) == nil)
      #expect(try end(success(sweep: false)) == nil)
      #expect(try end(success(sweep: false, watermark: 100)) == 100)
      #expect(try end(.failure(code: "AUTH", message: "401")) == 100)
      #expect(try end(success(sweep: false, watermark: 90)) == 90)
      #expect(try end(success(sweep: false, watermark: 99_999_999_999_999)) == 99_999_999_999_999)
      #expect(try end(success(sweep: false, watermark: 110)) == 110)
      let other = try ReadRun(session, organization: "RIO2")
      #expect(other.position.watermark == nil)
    }
  }

  @Test("A failed run keeps what it applied in its log, sweeps nothing and frees the organization (R2)")
  func failure() async throws {
    try await onDatabase { session in
      try apply(session, [Sample("orphan")])
      var run = try ReadRun(session)
      try run.allocate(session, [1, 2])
      try apply(session, [Sample("a")], page: run.page(1))
      _ = try ReadRunStore.finish(session, run.claim, .failure(code: "UNREACHABLE", message: "no route"), slot: 0)
      #expect(
        try run.log(session) == """
          failed received 1 inserted 1 updated 0 unchanged 0 stale 0 discontinued 0 rejected 0 swept 0 pages 1
          """)
      #expect(try run.state(session) == ["failed", "∅", "UNREACHABLE"])
      #expect(try discontinued(session) == [])
      #expect(throws: Fenced()) { try ReadRunStore.finish(session, run.claim, success(), slot: 0) }
      _ = try ReadRun(session)
      try expectExact(session)
    }
  }

  @Test("A read goes on from its checkpoint, at the first message that was not applied (R21)")
  func resume() async throws {
    try await onDatabase { session in
      var run = try ReadRun(session)
      #expect(run.position.cursor == nil && run.position.waiting == nil && !run.position.isComplete)
      try run.allocate(session, [1, 2], cursor: nil, next: "c2", serverTime: 1000)
      try run.allocate(session, [3], cursor: "c2", next: "c3", serverTime: 2000)
      try apply(session, [Sample("a")], page: run.page(1))
      try apply(session, [Sample("b")], page: run.page(3))
      try session.execute("UPDATE sync_job SET lease_expires_at = now() - interval '1 s'")
      let resumed = try ReadRun(claiming: session)
      let position = resumed.position
      #expect(resumed.claim.id == run.claim.id)
      #expect(position.cursor == "c3" && position.nextPage == 4 && position.recordsRead == 20)
      #expect(position.serverTime == 1000, "the upstream's clock at the first page is the next watermark")
      #expect(position.waiting?.page == 1 && position.waiting?.cursor == nil, "where its upstream page begins")
      let pages = try ReadRunStore.pages(session, resumed.claim, from: 2)
      #expect(pages.map(\.page) == [2, 3] && pages.map(\.isApplied) == [false, true])
      #expect(try session.count("SELECT count(*)::int FROM pfa_sync_log") == 1)
    }
  }

  @Test("A new upstream field is noted once per source (R13)")
  func drift() async throws {
    try await onDatabase { session in
      let run = try ReadRun(session)
      for _ in 0..<2 {
        try ReadRunStore.storeDrift(session, run.claim, source: "pems", fields: [("pfs_new", "1"), ("pfs_other", nil)])
      }
      #expect(
        try session.table("SELECT field, example FROM field_drift ORDER BY field") == [
          ["pfs_new", "1"], ["pfs_other", "∅"],
        ])
    }
  }
}

extension ReadRun {
  /// Ends the run without effect and gives where it would have begun.
  fileprivate func cancelled(_ session: PGSession) throws -> ReadPosition {
    #expect(try JobDecisions.cancel(session, claim.id, organization: claim.organization, reason: "looked"))
    return position
  }
}
