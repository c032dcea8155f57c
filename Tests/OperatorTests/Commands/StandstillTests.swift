import Kafka
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

/// What `doctor` and `lag` say of work that does not go on by itself.
@Suite struct StandstillTests {
  private func rows(_ ran: Ran) throws -> [String: (status: String, detail: String, remedy: String)] {
    var rows: [String: (status: String, detail: String, remedy: String)] = [:]
    for row in try ran.objects {
      rows[row["name"]?.string ?? ""] = (
        row["status"]?.string ?? "", row["detail"]?.string ?? "", row["remedy"]?.string ?? ""
      )
    }
    return rows
  }

  @Test("S2-30 Each standstill has its row with what to do; mended, the row is ok again", .syncDatabase)
  func findings() async throws {
    let idle = try rows(try await syncline(["doctor"], environment: ["SYNCLINE_JOBS_DIR": "/nonexistent"]))
    #expect(idle["workers"]?.status == "note" && idle["workers"]?.remedy == "start one: 'syncline worker'")
    for name in ["dead letters", "approvals", "pauses", "projects", "overrides", "triggers", "upstreams"] {
      #expect(idle[name]?.status == "ok", "\(name)")
    }
    try await sql(
      "INSERT INTO sync_job (organization_id, kind, state) VALUES ('RIO', 'read_sync', 'awaiting_approval')",
      "INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'kpi_rebuild')",
      """
      INSERT INTO dead_letter (topic, partition, kafka_offset, code, cause) VALUES
        ('t', 0, 1, 'INVALID_JSON', 'x'), ('t', 0, 2, 'INVALID_JSON', 'y'), ('t', 0, 3, 'UNKNOWN_ORGANIZATION', 'z')
      """,
      """
      INSERT INTO queue_pause (kind, organization_id, paused_by, paused_at)
      VALUES ('write_back', 'RIO', 'bob', now() - interval '26 hours')
      """,
      "INSERT INTO projects (id, organization_id, status) VALUES ('plan', 'RIO', 'error')",
      """
      INSERT INTO projects (id, organization_id, status, lock_expires_at)
      VALUES ('site', 'RIO', 'applying', now() - interval '1 hour')
      """,
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data, pending_base)
      VALUES (gen_random_uuid(), 'RIO', 'P1', '{"dor": "B"}', '{"dor": "A"}')
      """,
      """
      INSERT INTO upstream_budget (tenant, free_at, openings, open_since, open_until, error_code, error_message)
      VALUES ('pems.example:443/T', now(), 2, '2026-01-31T09:20:00Z', '2100-01-31T09:30:00Z', 'UPSTREAM_TIMEOUT',
        'no answer')
      """,
      "ALTER TABLE sync_job DISABLE TRIGGER sync_job_guard")
    let ran = try await syncline(["doctor"], environment: ["SYNCLINE_JOBS_DIR": "/nonexistent"])
    #expect(ran.code == .findings)
    let found = try rows(ran)
    #expect(found["workers"]?.status == "warning" && found["workers"]?.detail.contains("1 due job") == true)
    #expect(found["dead letters"]?.detail == "2 with INVALID_JSON, 1 with UNKNOWN_ORGANIZATION")
    let job = try #require(try await value("SELECT id FROM sync_job WHERE state = 'awaiting_approval'"))
    #expect(found["approvals"]?.status == "warning")
    #expect(found["approvals"]?.remedy.contains("'syncline jobs approve \(job)'") == true)
    #expect(found["pauses"]?.detail == "1 pause older than a day, the first, of write_back of RIO, by bob 26 h ago")
    #expect(found["pauses"]?.remedy.hasSuffix("'syncline queue resume --kind write_back --organization RIO'") == true)
    #expect(found["projects"]?.status == "error" && found["projects"]?.detail.contains("site of RIO") == true)
    #expect(found["overrides"]?.detail.hasSuffix("RIO P1: dor") == true)
    #expect(found["upstreams"]?.status == "warning")
    #expect(
      found["upstreams"]?.detail
        == "pems.example:443/T has not answered since 2026-01-31T09:20:00.000Z, nobody asks it before "
        + "2100-01-31T09:30:00.000Z; last UPSTREAM_TIMEOUT: no answer")
    #expect(found["triggers"]?.status == "error")
    #expect(found["triggers"]?.detail == "sync_job_guard of sync_job is disabled")
    #expect(found.values.allSatisfy { !$0.remedy.isEmpty || $0.status == "ok" || $0.status == "note" })

    let migrated = try await syncline("migrate", "up")
    #expect(migrated.code == .ok && migrated.messages.contains("sync_job_guard of sync_job"))
    try await sql(
      """
      INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
        base_values, sync_state, commit_id, committed_at)
      SELECT id, 'RIO', 'u', 's', '{"dor": "B"}', '{dor}', 1, '{"dor": "A"}', 'committed', gen_random_uuid(), now()
      FROM pfa_mirror
      """)
    let mended = try rows(try await syncline(["doctor"], environment: ["SYNCLINE_JOBS_DIR": "/nonexistent"]))
    #expect(mended["triggers"]?.status == "ok" && mended["overrides"]?.status == "ok", "\(mended)")
  }

  @Test("A failed read that nothing covers is a warning; refused commits and suspended organizations are notes")
  func failedReads() {
    let id = noJob
    func read(_ code: String, of organization: String = "RIO", isActive: Bool = true) -> UnsettledJob {
      UnsettledJob(
        id: id, organization: organization, kind: "read_sync", code: code, source: "pems", isActive: isActive)
    }
    let commit = UnsettledJob(id: id, organization: "RIO", kind: "draft_commit", code: "INVALID_DATE_ORDER")
    #expect(StandstillChecks.reads([commit]).status == .ok && StandstillChecks.failures([commit]).status == .note)
    let asleep = read("AUTH", isActive: false)
    #expect(StandstillChecks.reads([asleep]).status == .ok && StandstillChecks.failures([asleep]).status == .note)
    for code in ["AUTH", "SCHEMA_DRIFT", "SOURCE_INVALID", "FILE_NOT_FOUND"] {
      let check = StandstillChecks.reads([commit, read(code)])
      #expect(check.status == .warning && check.detail == "read_sync of RIO failed with \(code)")
      #expect(Check.exitCode([check]) == .findings)
    }
    let often = StandstillChecks.reads(Array(repeating: read("AUTH"), count: 9))
    #expect(often.detail == "read_sync of RIO failed with AUTH", "one reason is told once")
    let many = StandstillChecks.reads((1...7).map { read("AUTH", of: "R\($0)") })
    #expect(many.detail.hasSuffix("R5 failed with AUTH; and 2 more"), "\(many.detail)")
    #expect(StandstillChecks.failures([read("AUTH")]).status == .ok)
  }

  @Test("A failed read of a source that is defined no more is a note; where sources are not known it is a warning")
  func formerSources() {
    func read(_ code: String, guarded: Bool = false) -> UnsettledJob {
      UnsettledJob(
        id: noJob, organization: "RIO", kind: "read_sync", isGuarded: guarded, code: code, source: "pems")
    }
    let jobs = [read("AUTH"), read("AUTH"), read("EMPTY_READ", guarded: true)]
    for sources in [nil, ["pems"], ["erp", "pems"]] as [Set<String>?] {
      #expect(StandstillChecks.reads(jobs, sources: sources).status == .warning)
      #expect(StandstillChecks.failures(jobs, sources: sources).status == .ok)
    }
    #expect(StandstillChecks.reads(jobs, sources: ["erp"]).status == .ok)
    let note = StandstillChecks.failures(jobs, sources: ["erp"])
    #expect(note.status == .note && note.remedy?.hasPrefix("no source of the jobs directory is named pems: ") == true)
    #expect(note.detail == "read_sync of RIO failed with AUTH; read_sync of RIO has no effect, EMPTY_READ")
    let commit = UnsettledJob(id: noJob, organization: "RIO", kind: "draft_commit", code: "INTERNAL")
    let both = StandstillChecks.failures(jobs + [commit], sources: ["erp"])
    #expect(both.detail.hasPrefix("draft_commit of RIO") && both.remedy?.contains("jobs retry") == true)
    let unnamed = UnsettledJob(id: noJob, organization: "RIO", kind: "read_sync", code: "AUTH")
    #expect(StandstillChecks.reads([unnamed], sources: ["erp"]).status == .warning)
  }

  @Test("doctor exits 4 while the reads of an active organization fail", .syncDatabase)
  func unread() async throws {
    func status() async throws -> (code: ExitCode, reads: String?) {
      let ran = try await syncline(["doctor"], environment: ["SYNCLINE_JOBS_DIR": "/nonexistent"])
      return (ran.code, try rows(ran)["reads"]?.status)
    }
    try await sql(
      """
      INSERT INTO sync_job (organization_id, kind, state, error_code, parameters, finished_at)
      VALUES ('RIO', 'read_sync', 'failed', 'AUTH', '{"mode": "incremental", "source": "pems"}', now() - interval '1 min')
      """)
    let failing = try await status()
    #expect(failing.code == .findings && failing.reads == "warning")
    try await sql(
      """
      INSERT INTO sync_job (organization_id, kind, state, parameters, finished_at)
      VALUES ('RIO', 'read_sync', 'succeeded', '{"mode": "full", "source": "pems"}', now())
      """)
    #expect(try await status().reads == "ok")
  }

  @Test("Workers: who lives, what nobody does, who fell silent")
  func workers() {
    func member(_ name: String, _ kinds: [String], alive: Bool = true) -> Crew.Member {
      Crew.Member(name: name, group: "g", kinds: kinds, silentFor: alive ? 1 : 90, isAlive: alive)
    }
    let all = ["read_sync", "schema_change", "kpi_rebuild", "write_back", "draft_commit"]
    let nothing = StandstillReports.WaitingWork()
    #expect(StandstillChecks.workers(Crew(members: [member("w", all)]), nothing).status == .ok)
    let some = StandstillChecks.workers(Crew(members: [member("w", ["read_sync"])]), nothing)
    #expect(some.status == .note && some.detail.contains("none does schema_change"))
    var waiting = StandstillReports.WaitingWork()
    waiting.requests = 2
    let dead = StandstillChecks.workers(Crew(members: [member("w", all, alive: false)]), waiting)
    #expect(dead.status == .warning && dead.detail == "none lives; waiting: 2 requests; w fell silent 1 min 30 s ago")
    #expect(KafkaChecks.offsets([], isAnybodyThere: false).status == .ok)
    let lag = PartitionLag(topic: "t", partition: 0, start: 0, end: 9, applied: 4)
    #expect(KafkaChecks.offsets([lag], isAnybodyThere: false).status == .warning)
    #expect(KafkaChecks.offsets([lag], isAnybodyThere: true).status == .ok)
    #expect(LagCommand.remarks([lag], Crew(members: []), group: "g")[0].contains("no worker of group g lives"))
    let left = LagCommand.remarks([lag], Crew(members: [member("w", all)]), group: "g")
    #expect(left == ["no live worker has t[0] yet; a dead worker's partitions move on when its session ends"])
    let held = PartitionLag(topic: "t", partition: 0, start: 0, end: 9, applied: 4, owner: "w")
    #expect(LagCommand.remarks([held], Crew(members: [member("w", all)]), group: "g") == [])
  }

  @Test("Scheduler: nobody leads, firings are overdue, or nothing is to be fired")
  func scheduler() {
    var schedules = StandstillReports.Schedules()
    #expect(StandstillChecks.scheduler(enabled: 0, schedules).status == .ok)
    #expect(StandstillChecks.scheduler(enabled: 3, schedules).status == .note)
    schedules.active = 2
    #expect(StandstillChecks.scheduler(enabled: 3, schedules).status == .warning)
    schedules.leader = "s1"
    #expect(StandstillChecks.scheduler(enabled: 3, schedules).status == .ok)
    (schedules.overdue, schedules.worst, schedules.first) = (1, 120, "nightly of RIO")
    let late = StandstillChecks.scheduler(enabled: 3, schedules)
    #expect(
      late.status == .warning && late.detail.contains("1 of 2 schedules overdue, the first, nightly of RIO, for 2 min"))
    schedules.leader = nil
    #expect(StandstillChecks.scheduler(enabled: 3, schedules).detail.hasPrefix("none leads: 1 of 2"))
    let several = StandstillChecks.approvals(2, first: jobA)
    #expect(
      several.detail == "2 jobs wait for approval" && several.remedy?.contains("--state awaiting_approval") == true)
  }

  @Test("Schedules of jobs that no definition names any more wait for nobody", .syncDatabase)
  func formerSchedules() async throws {
    try await sql(
      """
      INSERT INTO job_schedule (job, organization_id, kind, definition, handled_until, next_at) VALUES
        ('nightly', 'RIO', 'kpi_verify', 'x', now(), now() + interval '1 hour'),
        ('hourly', 'RIO', 'kpi_verify', 'x', now(), now() - interval '1 hour'),
        ('hourly', 'RIO2', 'kpi_verify', 'x', now(), now() - interval '2 hours')
      """)
    let all = try await SyncDatabase.current.run { session in
      try session.reading { try StandstillReports.schedules(session, lateness: 60) }
    }
    #expect(all.active == 3 && all.overdue == 2 && all.first == "hourly of RIO2" && all.worst ?? 0 >= 7_200)
    let nightly = all.of(["nightly"])
    #expect(nightly.active == 1 && nightly.overdue == 0 && nightly.first == "nightly of RIO")
    let none = StandstillChecks.scheduler(enabled: 0, all.of([]))
    #expect(none.status == .ok && none.detail == "no job is scheduled")
  }
}
