import Postgres
import SyncDomain
import SyncStore

/// What commands that change a job's state share.
enum JobGuard {
  /// The job, if it is in one of these states; a conflict (exit code 9) otherwise. `to` ends the sentence "job X can
  /// not …".
  static func require(
    _ invocation: Invocation, _ id: String, _ states: Set<JobState>, to act: String
  ) async throws -> JobStatus {
    guard let job = try await Database.read(invocation, { try JobStore.status($0, id) }) else {
      throw try await absent(invocation, id, act)
    }
    guard states.contains(job.state) else {
      throw CommandError(
        .conflict, "JOB_STATE", "job \(id) is \(job.state.rawValue), so it can not \(act)",
        hint: "see 'syncline jobs why \(id)'")
    }
    return job
  }

  /// The request of a job that no worker has begun, as a command noted it; nil: there is none that could be ended.
  static func waiting(_ invocation: Invocation, _ id: String) async throws -> JobRequest? {
    let group = try invocation.settings().group
    return try await Database.read(invocation) { session in
      guard try JobStore.status(session, id) == nil else { return nil }
      return try JobRequestStore.find(session, id, group: group).flatMap { request in
        request.isNoted && !request.isTaken && request.deadLetter == nil ? request : nil
      }
    }
  }

  /// Why there is no job: its request waits still, or nobody asked for it.
  private static func absent(_ invocation: Invocation, _ id: String, _ act: String) async throws -> CommandError {
    let group = try invocation.settings().group
    let request = try await Database.read(invocation) { try JobRequestStore.find($0, id, group: group) }
    guard request != nil else { return Subjects.noJob(id) }
    return CommandError(
      .conflict, "JOB_STATE", "job \(id) is only asked for and no worker has begun it, so it can not \(act)",
      hint: "see 'syncline jobs why \(id)'")
  }

  /// It was in the right state a moment ago.
  static func changed(_ id: String) -> CommandError {
    CommandError(
      .conflict, "JOB_STATE", "job \(id) changed its state meanwhile; nothing was changed",
      hint: "see 'syncline jobs why \(id)'")
  }

  /// The job as it is now.
  static func show(_ invocation: Invocation, _ id: String) async throws {
    let cells = try await Database.read(invocation) { session in
      try Cell.cells(try Subjects.job(session, id), JobColumns.all)
    }
    try invocation.output.show(JobColumns.all, cells)
  }
}
