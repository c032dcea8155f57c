import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// Pushes through a real worker to a simulated PEMS (domain.md 1.2): merges, versions, outcomes.
@Suite("Pushes")
struct PushTests {
  @Test(
    "S1-67, W1, W5, W8, W9, M9-8: read, edit, push, read ends with PEMS' record changed, nothing pending, the same KPIs"
  )
  func roundTrip() async throws {
    try await WorkerWorld.withRecords { world, worker in
      let id = try await world.edit(3, #"{"dor": "SITE", "forecastEnd": "2030-02-01", "model": null}"#)
      let kpis = try await world.kpis()
      try await world.waitForEdit(id, "synced")
      #expect(world.upstream(3, "dor") == #""SITE""#)
      #expect(world.upstream(3, "forecastEnd") == #""2030-02-01""#)
      #expect(world.upstream(3, "model") == "null")
      let body = try #require(world.pems.writes.received.first.flatMap { try? JSONValue(parsing: $0) })
      #expect(body["recordid"]?.integer != nil)
      guard case .array(let pairs)? = body["USERDEFINEDSCREENFIELDVALUELIST"]?["USERDEFINEDSCREENFIELDVALUEPAIR"] else {
        Issue.record("no fields were sent")
        return
      }
      let names = pairs.compactMap { $0["USERDEFINEDSCREENFIELDNAME"]?.string }
      #expect(names == ["PFS_ID", "PFS_A_ORG", "PFS_F_DOR", "PFS_F_ENDDATE", "PFS_F_MODEL"])
      #expect(try await world.mirror(3, "dor") == #"2|∅|"SITE""#)
      #expect(try await world.kpis() == kpis)

      let read = try await world.sync(.incremental)
      let log = try #require(try await world.logRow(read.id))
      #expect(log.updated == 0 && log.conflicted == 0 && log.unchanged > 0, "\(log)")
      #expect(try await world.mirror(3, "dor") == #"2|∅|"SITE""#)
      #expect(try await world.sync(.full).result == "clean")
      #expect(try await world.mirror(3, "dor") == #"2|∅|"SITE""#)
      #expect(try await world.kpis() == kpis)
      #expect(try await world.kpiDifferences() == [])
      #expect(try await world.count("pfa_sync_conflict") == 0)
      #expect(world.pems.writes.taken == 1)
      #expect(worker.metric(MetricCatalog.records, [("kind", "write_back"), ("outcome", "updated")]) == 1)
      #expect(
        try await world.lines(
          "SELECT sync_direction, received, updated FROM pfa_sync_log WHERE sync_type = 'write_back'")
          == ["write|1|1"])
    }
  }

  @Test("W2: what somebody else changed in another field meanwhile stays, and the next read brings it")
  func disjoint() async throws {
    try await WorkerWorld.withRecords { world, _ in
      world.pems.update(
        organization: "RIO", pfaId: WorkerWorld.id(1), data: [.init("description", .string("mended"))])
      let id = try await world.edit(1, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "synced")
      #expect(world.upstream(1, "dor") == #""SITE""# && world.upstream(1, "description") == #""mended""#)
      #expect(try await world.sync(.incremental).result == "clean")
      #expect(try await world.mirror(1, "description") == #"3|∅|"mended""#)
      #expect(try await world.mirror(1, "dor") == #"3|∅|"SITE""#)
    }
  }

  @Test("W2: a third value in PEMS is a conflict; nothing is sent, and the next read finds nothing new")
  func overlap() async throws {
    try await WorkerWorld.withRecords { world, _ in
      world.pems.update(organization: "RIO", pfaId: WorkerWorld.id(1), data: [.init("monthlyRate", .number("77"))])
      let id = try await world.edit(1, #"{"monthlyRate": 99}"#)
      try await world.waitForEdit(id, "conflict")
      #expect(world.pems.writes.requests == 0 && world.upstream(1, "monthlyRate") == "77")
      let conflict = "SELECT kind, conflict_fields, local_values, remote_values, status FROM pfa_sync_conflict"
      let expected = [#"field_overlap|{monthlyRate}|{"monthlyRate": 99}|{"monthlyRate": 77}|open"#]
      #expect(try await world.lines(conflict) == expected)
      #expect(try await world.mirror(1, "monthlyRate").hasSuffix(#"|{"monthlyRate": 77}|99"#))
      _ = try await world.sync(.incremental)
      #expect(try await world.lines(conflict) == expected)
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("a record that PEMS no longer has is a conflict, and so is one it has discontinued")
  func gone() async throws {
    try await WorkerWorld.withRecords { world, _ in
      var before: [Int: String] = [:]
      for number in [1, 2] {
        before[number] = try await world.mirror(number, "dor").split(separator: "|").last.map { "|∅|\($0)" }
      }
      world.pems.remove(organization: "RIO", pfaId: WorkerWorld.id(1))
      world.pems.discontinue(organization: "RIO", pfaId: WorkerWorld.id(2))
      let missing = try await world.edit(1, #"{"dor": "SITE"}"#)
      let discontinued = try await world.edit(2, #"{"dor": "SITE"}"#)
      for id in [missing, discontinued] { try await world.waitForEdit(id, "conflict") }
      let kinds = try await world.lines("SELECT kind FROM pfa_sync_conflict ORDER BY kind")
      #expect(kinds == ["record_missing", "remote_discontinued"])
      #expect(world.pems.writes.requests == 0)
      // Theirs is what PEMS said last, and is taken at once.
      for number in [1, 2] {
        try await world.resolve(WorkerWorld.id(number), .theirs, user: "ann")
        #expect(try await world.mirror(number, "dor").hasSuffix(try #require(before[number])))
      }
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test(
    "W2: a grid that ignores the filter by id, or by organization too, hides no record from a push",
    arguments: [false, true])
  func ignoredFilters(mixesOrganizations: Bool) async throws {
    let options = WorkerWorld.Options.of { $0.source = { $0.pageSize = 50 } }
    try await WorkerWorld.withRecords(300, options) { world, _ in
      world.pems.seed(organization: "RIO2", records: 300, seed: 2)
      world.pems.behave {
        $0.filtersOrganizationOnly = true
        $0.mixesOrganizations = mixesOrganizations
      }
      world.pems.remove(organization: "RIO", pfaId: WorkerWorld.id(30))
      for index in [1, 25] {
        try await world.waitForEdit(try await world.edit(index, #"{"dor": "SITE"}"#), "synced")
        #expect(world.upstream(index, "dor") == #""SITE""#)
      }
      try await world.waitForEdit(try await world.edit(30, #"{"dor": "SITE"}"#), "conflict")
      #expect(try await world.lines("SELECT kind FROM pfa_sync_conflict") == ["record_missing"])
    }
  }

  @Test("W3: modified by another user is read and merged again, and goes through in the end")
  func stale() async throws {
    try await WorkerWorld.withRecords { world, _ in
      world.pems.fail(.ofWrites(.stale, times: 3))
      let id = try await world.edit(4, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "synced")
      #expect(world.pems.writes.requests == 4 && world.pems.writes.taken == 1)
      let attempts = try await world.lines("SELECT attempt FROM pfa_modification")
      #expect(attempts == ["1"])
    }
  }

  @Test("W3: after three times it is a conflict for a person")
  func staleForever() async throws {
    try await WorkerWorld.withRecords { world, _ in
      world.pems.fail(.ofWrites(.stale, times: 100))
      let id = try await world.edit(4, #"{"dor": "SITE"}"#)
      try await world.waitForEdit(id, "conflict")
      #expect(world.pems.writes.requests == 4 && world.pems.writes.taken == 0)
      let conflicts = try await world.lines("SELECT kind, conflict_fields FROM pfa_sync_conflict")
      #expect(conflicts == ["field_overlap|{dor}"])
    }
  }

  @Test("W7: edits of one record are never in flight together, those of others are, and one push may serve several")
  func oneInFlight() async throws {
    try await WorkerWorld.with(.of { $0.records = 20 }) { world in
      _ = try world.startPusher()
      #expect(try await world.sync().state == "succeeded")
      world.pems.fail(.ofWrites(.slow(150), times: 6))
      var ids: [String] = []
      for round in 0..<5 { ids.append(try await world.edit(5, #"{"monthlyRate": \#(1000 + round)}"#)) }
      for index in 6..<10 { ids.append(try await world.edit(index, #"{"dor": "SITE"}"#)) }
      for id in ids { try await world.waitForEdit(id, "synced") }
      #expect(world.pems.writes.overlapping == 0)
      #expect(world.upstream(5, "monthlyRate") == "1004")
      #expect(try await world.lines("SELECT count(*) FROM pfa_mirror WHERE pending_base IS NOT NULL") == ["0"])
      #expect(try await world.sync(.incremental).result == "clean")
      #expect(try await world.count("pfa_sync_conflict") == 0)
    }
  }

  @Test("W11: an edit that discontinues sets PEMS' flag; the record stays where it is")
  func discontinue() async throws {
    try await WorkerWorld.withRecords { world, _ in
      let index = try #require((0..<20).first { world.upstream($0, "isDiscontinued") == "false" })
      let id = try await world.edit(index, #"{"isDiscontinued": true}"#)
      try await world.waitForEdit(id, "synced")
      #expect(world.upstream(index, "isDiscontinued") == "true")
      #expect(world.pems.rows(organization: "RIO").count == 20)
      #expect(try await world.sync(.incremental).result == "clean")
      #expect(try await world.mirror(index, "isDiscontinued") == "2|∅|true")
      #expect(try await world.kpiDifferences() == [])
    }
  }
}
