import FoundationEssentials
import Glibc
import Postgres
import Runtime
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import SyncScheduler

/// 2026-01-01T00:00Z.
let newYear: Int64 = 1_767_225_600

/// A read of every quarter of an hour, changed as a test likes.
func quarterly(
  _ name: String = "read", _ kind: ScheduledJob.Kind = .readSync, cron: String = "*/15 * * * *",
  _ change: (inout ScheduledJob) -> Void = { _ in }
) throws -> ScheduledJob {
  var job = ScheduledJob(name: name, kind: kind, schedule: CronSchedule(try CronExpression(cron)))
  job.source = kind == .readSync ? "sim" : ""
  job.organizations = ["RIO"]
  change(&job)
  return job
}

/// A scheduler's lead on the test's database with a clock of its own.
struct Leading {
  var token: Int64
  var jobs: [ScheduledJob]

  static func start(_ jobs: ScheduledJob...) async throws -> Leading {
    var leading = Leading(token: 0, jobs: jobs)
    try await leading.takeOver()
    _ = try await leading.turn(at: newYear)
    return leading
  }

  /// As if the leader before had died long ago.
  mutating func takeOver() async throws {
    token = try #require(
      try await onDatabase { session in
        try session.execute("UPDATE scheduler_lease SET expires_at = '-infinity'")
        return try session.asSystem { try ScheduleLease.take(session, owner: "test") }
      })
  }

  @discardableResult
  func turn(at now: Int64) async throws -> LeaderTurn.Report {
    let turn = LeaderTurn(token: token, now: now, jobs: jobs)
    return try await onDatabase { try turn.perform($0) }
  }

  /// Job, outcome and count of what a turn does.
  func outcomes(at now: Int64) async throws -> [String] {
    try await turn(at: now).lines.map {
      $0.count == 1 ? "\($0.job) \($0.outcome)" : "\($0.job) \($0.outcome) \($0.count)"
    }
  }
}

@discardableResult
func onDatabase<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
  try await SyncDatabase.current.run(body)
}

/// Rows as texts, nulls as `∅`.
func table(_ sql: String) async throws -> [[String]] {
  try await onDatabase { session in
    try session.query(sql).rows.map { row in row.columns.indices.map { row[$0].text ?? "∅" } }
  }
}

func sql(_ statement: String) async throws { try await onDatabase { try $0.execute(statement) } }

/// States of the firings, in order of due instant.
func states(_ job: String = "read") async throws -> [String] {
  try await table("SELECT state FROM job_firing WHERE job = '\(job)' ORDER BY due_at").map { $0[0] }
}

/// What a worker would do with the requests in the outbox: each becomes a queued job.
func acceptRequests() async throws {
  try await sql(
    """
    INSERT INTO sync_job (id, organization_id, kind, idempotency_key)
    SELECT job_id, organization_id, kind, job_id::text FROM job_firing WHERE job_id IS NOT NULL AND state = 'requested'
    ON CONFLICT DO NOTHING
    """)
}

/// Ends all jobs that are under way.
func endJobs(_ state: String, code: String? = nil) async throws {
  try await sql("UPDATE sync_job SET state = 'running' WHERE state = 'queued'")
  let code = code.map { "'\($0)'" } ?? "NULL"
  try await sql(
    "UPDATE sync_job SET state = '\(state)', finished_at = now(), error_code = \(code) WHERE state = 'running'")
}

/// Writes the files into a new directory and loads the jobs in it; the directory is removed.
func load(_ files: [String: String], environment: [String: String] = [:]) throws -> Result<[ScheduledJob], String> {
  let directory = FileManager.default.temporaryDirectory.appending(path: "syncline-jobs-\(UUIDText.random())")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
  do {
    return .success(
      try JobCatalog.load(directory: directory.path, environment: environment, sources: ["sim", "pems"]).jobs)
  } catch {
    return .failure(error.description.replacing(directory.path + "/", with: ""))
  }
}

extension String: @retroactive Error {}
