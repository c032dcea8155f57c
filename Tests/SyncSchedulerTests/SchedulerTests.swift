import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import SyncScheduler

/// A scheduler in this process, with a clock that the test turns.
@Suite(.syncDatabase) struct SchedulerTests {
  private final class Clock: Sendable {
    let now = Locked(newYear)
    func turn(to time: Int64) { now.with { $0 = time } }
  }

  private func running(
    _ jobs: [ScheduledJob], _ clock: Clock, _ body: (Scheduler) async throws -> Void
  ) async throws {
    var configuration = SchedulerConfiguration(postgres: PGOptions(url: try SyncDatabase.current.url), jobs: jobs)
    configuration.now = { clock.now.with { $0 } }
    configuration.pollInterval = .milliseconds(20)
    configuration.log = Log(level: .error, descriptor: -1)
    let scheduler = Scheduler(configuration)
    let group = ServiceGroup([scheduler.service], log: configuration.log)
    let task = Task { try await group.run() }
    do {
      try await body(scheduler)
    } catch {
      group.stop()
      _ = try await task.value
      throw error
    }
    group.stop()
    _ = try await task.value
    await scheduler.close()
  }

  private func metric(_ scheduler: Scheduler, _ kind: String, _ outcome: String) -> Double {
    scheduler.metrics.value(MetricCatalog.firings.name, [("kind", kind), ("outcome", outcome)]) ?? 0
  }

  @Test("S1-48 S1-49 KPI verification by the clock: clean, then with a difference that somebody made by hand")
  func verifies() async throws {
    let clock = Clock()
    try await running([try quarterly("verify", .kpiVerify)], clock) { scheduler in
      try await until("it leads") { scheduler.isLeader }
      try await until("the job is known") { try await table("SELECT job FROM job_schedule").count == 1 }
      clock.turn(to: newYear + 900)
      try await until("verified") { try await states("verify") == ["succeeded"] }
      try await sql(
        """
        INSERT INTO kpi_slot (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost,
          record_count, actualized_count)
        VALUES ('RIO', 'x', 'Rental', 'PROJECT', 0, 1, 1, 0, 1, 0)
        """)
      clock.turn(to: newYear + 1800)
      try await until("found") { try await states("verify") == ["succeeded", "failed"] }
      try await until("counted") { metric(scheduler, "kpi_verify", "failed") == 1 }
      #expect(scheduler.metrics.value(MetricCatalog.kpiVerifyDifferences.name) == 1)
      #expect(scheduler.metrics.value(MetricCatalog.schedulerLeader.name) == 1)
      #expect(scheduler.metrics.value(MetricCatalog.databaseUp.name) == 1)
    }
    // It gave the lead up instead of letting it run out.
    #expect(try await table("SELECT expires_at FROM scheduler_lease") == [["-infinity"]])
  }

  @Test("A lead that could not be renewed is none once its lease has run out")
  func leaseEnds() {
    let start = ContinuousClock.now
    var lead = Lead(token: 7, at: start)
    #expect(lead.isHeld(at: start + .seconds(9)) && !lead.isHeld(at: start + .seconds(10)))
    lead.renewed(at: start + .seconds(60))
    #expect(lead.token == 7 && lead.isHeld(at: start + .seconds(69)) && !lead.isHeld(at: start + .seconds(70)))
  }

  @Test("Cleanup deletes what is old and ended, and nothing that is open, new, or says how fresh records are")
  func cleansUp() async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, finished_at) VALUES
        ('00000000-0000-4000-8000-000000000001', 'RIO', 'read_sync', 'succeeded', now() - interval '91 days'),
        ('00000000-0000-4000-8000-000000000002', 'RIO', 'read_sync', 'succeeded', now() - interval '89 days'),
        ('00000000-0000-4000-8000-000000000003', 'RIO', 'kpi_rebuild', 'queued', NULL),
        ('00000000-0000-4000-8000-000000000004', 'RIO2', 'read_sync', 'failed', now() - interval '91 days');
      INSERT INTO sync_page (job_id, page, organization_id, event_id) VALUES ('00000000-0000-4000-8000-000000000001', 1, 'RIO', 'e');
      INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, status, started_at, completed_at) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'RIO', 'full', 'completed', now() - interval '500 days', now() - interval '500 days'),
        ('00000000-0000-4000-8000-00000000000b', 'RIO', 'full', 'completed', now() - interval '450 days', now() - interval '450 days'),
        ('00000000-0000-4000-8000-00000000000c', 'RIO', 'full', 'failed', now() - interval '420 days', now() - interval '420 days');
      INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, code, cause, status, updated_at) VALUES
        ('RIO', 't', 0, 1, 'X', 'x', 'open', now() - interval '900 days'),
        ('RIO', 't', 0, 2, 'X', 'x', 'replayed', now() - interval '91 days'),
        (NULL, 't', 0, 3, 'X', 'x', 'discarded', now() - interval '91 days'),
        ('RIO', 't', 0, 4, 'X', 'x', 'discarded', now() - interval '9 days');
      INSERT INTO sync_record_issue (organization_id, stream, code, rejected, created_at) VALUES
        ('RIO', 's', 'OLD', true, now() - interval '91 days'), ('RIO', 's', 'NEW', true, now());
      """)
    let clock = Clock()
    try await running([try quarterly("tidy", .cleanup)], clock) { _ in
      try await until("the job is known") { try await table("SELECT job FROM job_schedule").count == 1 }
      clock.turn(to: newYear + 900)
      try await until("cleaned up") { try await states("tidy") == ["succeeded"] }
    }
    #expect(try await table("SELECT right(id::text, 1) FROM sync_job ORDER BY id") == [["2"], ["3"], ["4"]])
    #expect(try await table("SELECT count(*) FROM sync_page") == [["0"]])
    #expect(
      try await table("SELECT DISTINCT right(stream, 1) FROM sync_event WHERE stream LIKE 'job/%' ORDER BY 1") == [
        ["2"], ["3"], ["4"],
      ])
    #expect(try await table("SELECT right(job_id::text, 1) FROM pfa_sync_log") == [["b"]])
    #expect(try await table("SELECT kafka_offset FROM dead_letter ORDER BY 1") == [["1"], ["4"]])
    #expect(try await table("SELECT code FROM sync_record_issue") == [["NEW"]])
    #expect(
      try await table("SELECT detail FROM job_firing") == [["deleted jobs 1, log 2, issues 1, dead letters 2"]])
  }

  @Test("A sweep asks again for the push of edits that are due and forgotten, and leaves others alone") func sweeps()
    async throws
  {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data, content_hash)
      SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'RIO', 'P' || n, '{}', 0 FROM generate_series(1, 3) n;
      INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, base_values)
      SELECT id, 'RIO', 'u', 's', '{"monthlyRate": 1}', '{monthlyRate}', 1, '{}' FROM pfa_mirror;
      UPDATE pfa_modification SET sync_state = 'committed', next_attempt_at = now() - interval '1 hour';
      UPDATE pfa_modification SET next_attempt_at = now() + interval '1 hour'
      WHERE mirror_id = '00000000-0000-4000-8000-000000000002';
      DELETE FROM outbox;
      """)
    let clock = Clock()
    try await running([try quarterly("sweep", .writeBack)], clock) { _ in
      try await until("the job is known") { try await table("SELECT job FROM job_schedule").count == 1 }
      clock.turn(to: newYear + 900)
      try await until("swept") { try await states("sweep") == ["succeeded"] }
    }
    #expect(
      try await table("SELECT convert_from(message_key, 'UTF8') FROM outbox ORDER BY 1") == [["RIO/P1"], ["RIO/P3"]])
  }

  @Test("S1-49 Three schedulers beside each other: one leads, and its end hands the lead over") func standby()
    async throws
  {
    let clock = Clock()
    let job = try quarterly("verify", .kpiVerify)
    try await running([job], clock) { first in
      try await until("the first leads") { first.isLeader }
      try await running([job], clock) { second in
        try await running([job], clock) { third in
          try await until("all have looked") { second.lastTurn != nil && third.lastTurn != nil }
          for quarter in 1...6 {
            clock.turn(to: newYear + Int64(quarter) * 900)
            try await until("quarter \(quarter)") {
              try await states("verify").filter { $0 == "succeeded" }.count == quarter
            }
          }
          #expect(!second.isLeader && !third.isLeader && first.isLeader)
        }
      }
    }
  }
}
