import Runtime
import SyncDomain
import SyncStore

/// Why a job is where it is: one line, and the facts it rests on. Pure.
struct JobVerdict: Equatable {
  /// What it waits for or died of.
  let why: String
  /// What was seen in the database.
  let evidence: String

  init(_ job: JobCircumstances) {
    switch job.state {
    case .queued: (why, evidence) = JobVerdict.queued(job)
    case .running: (why, evidence) = JobVerdict.running(job)
    case .retrying:
      let moment = JobVerdict.moment(job.runAt)
      why =
        JobVerdict.suspension(job) ?? JobVerdict.turn(job)
        ?? (job.isEarly ? "waits until \(moment) for attempt \(job.attempt + 1)" : "waits for a worker since \(moment)")
      evidence = "attempt \(job.attempt) ended with \(JobVerdict.error(job))"
    case .awaitingApproval:
      why = "waits for approval: 'syncline jobs approve \(job.id)' or 'syncline jobs cancel \(job.id)'"
      evidence = JobVerdict.error(job)
    case .succeeded:
      why = "succeeded at \(JobVerdict.moment(job.finishedAt))"
      evidence = "result \(job.result ?? "unknown"), \(job.pagesApplied) pages applied"
    case .failed:
      why = "failed with \(JobVerdict.error(job))"
      evidence = "attempt \(job.attempt), ended at \(JobVerdict.moment(job.finishedAt))"
    case .cancelled:
      why = "cancelled: \(job.errorMessage ?? "no reason given")"
      evidence = "ended at \(JobVerdict.moment(job.finishedAt)), \(job.pagesApplied) pages were applied"
    }
  }

  /// Nothing of an organization that is not active is claimed; nil when it is active.
  private static func suspension(_ job: JobCircumstances) -> String? {
    if job.organizationStatus == "active" { return nil }
    return "waits while organization \(job.organization) is \(job.organizationStatus)"
  }

  /// What must come before it; nil when its turn has come.
  private static func turn(_ job: JobCircumstances) -> String? {
    if let wanted = job.schemaWanted, job.schemaApplied ?? -1 < wanted {
      let applied = job.schemaApplied.map { "version \($0) is applied" } ?? "none is applied"
      return "waits for schema version \(wanted) of \(job.organization); \(applied)"
    }
    return job.waitsForJob.map { "waits for the schema change before it, job \($0)" }
  }

  private static func queued(_ job: JobCircumstances) -> (String, String) {
    let age = "queued for \(durationText(Double(max(0, job.age))))"
    if let suspension = suspension(job) { return (suspension, age) }
    if let turn = turn(job) { return (turn, age) }
    if job.isEarly { return ("waits until \(moment(job.runAt))", age) }
    let around = "\(age), \(job.ahead) jobs of its kind are ahead, \(job.running) are running"
    if job.running == 0 { return ("waits for a worker; none runs a \(job.kind) now", around) }
    return ("waits for its turn", around)
  }

  private static func running(_ job: JobCircumstances) -> (String, String) {
    let pages = "\(job.pagesApplied) pages applied, \(job.pagesWaiting) waiting"
    let worker = job.leaseOwner.map { "worker \($0)" } ?? "its worker"
    if job.isSilent {
      let silence = durationText(Double(max(0, job.silentFor ?? 0)))
      let why =
        job.leaseOwner == nil ? "waits for a worker to take it over" : "\(worker) went silent; another takes it over"
      return (why, "its lease ended \(silence) ago, \(pages)")
    }
    if job.pagesWaiting > 0 {
      return (
        "runs; waits for its pages to be applied", "\(worker) holds it until \(moment(job.leaseExpiresAt)), \(pages)"
      )
    }
    return ("runs", "\(worker) holds it until \(moment(job.leaseExpiresAt)), \(pages)")
  }

  private static func error(_ job: JobCircumstances) -> String {
    guard let code = job.errorCode else { return "no error code" }
    return code + (job.errorMessage.map { ": \($0)" } ?? "")
  }

  private static func moment(_ text: String?) -> String {
    text.map { parseMoment($0).map(timestamp) ?? $0 } ?? "an unknown moment"
  }
}
