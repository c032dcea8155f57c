import PEMS
import Runtime
import SyncDomain
import SyncStore

/// Why a job is where it is: one line, and the facts it rests on. Pure.
struct JobVerdict: Equatable {
  /// What it waits for or died of.
  let why: String
  /// What was seen in the database.
  let evidence: String

  /// It does not go on by itself, or not yet, for a reason that who waits for it should know.
  let isHeldUp: Bool

  init(_ job: JobCircumstances) {
    // Others have no pages.
    let isRead = job.kind == "read_sync"
    var isHeldUp = false
    switch job.state {
    case .queued:
      (why, evidence) = JobVerdict.queued(job)
      isHeldUp = job.pause != nil || JobVerdict.suspension(job) != nil || job.crew?.standstill(job.kind) != nil
    case .running:
      (why, evidence) = JobVerdict.running(job)
      isHeldUp = job.upstream != nil || job.isSilent && job.crew?.standstill(job.kind) != nil
    case .retrying:
      why =
        JobVerdict.pause(job) ?? JobVerdict.suspension(job) ?? JobVerdict.turn(job) ?? JobVerdict.nextAttempt(job)
      let ending = job.isKeptFromUpstream ? "nothing was asked: " : "attempt \(job.attempt) ended with "
      evidence = "\(ending)\(JobVerdict.error(job))\(JobVerdict.pauser(job))\(JobVerdict.lease(job))"
      isHeldUp = true
    case .awaitingApproval:
      why = "waits for approval: 'syncline jobs approve \(job.id)' or 'syncline jobs cancel \(job.id)'"
      evidence = JobVerdict.error(job)
    case .succeeded:
      let note = job.errorCode.map { _ in ", without effect: \(JobVerdict.error(job))" } ?? ""
      why = "succeeded at \(JobVerdict.moment(job.finishedAt))\(note)"
      evidence =
        "result \(job.result ?? "unknown")" + (isRead ? ", \(job.pagesApplied) pages applied" : "")
        + (job.change?.projectVersion.map { ", its project is at version \($0)" } ?? "")
    case .failed:
      why = "failed with \(JobVerdict.error(job))\(job.retriedAs.map { "; done again as job \($0)" } ?? "")"
      evidence = "attempt \(job.attempt), ended at \(JobVerdict.moment(job.finishedAt))\(JobVerdict.lease(job))"
    case .cancelled:
      why = "cancelled: \(job.errorMessage ?? "no reason given")"
      evidence =
        "ended at \(JobVerdict.moment(job.finishedAt))" + (isRead ? ", \(job.pagesApplied) pages were applied" : "")
    }
    self.isHeldUp = isHeldUp
  }

  /// When a job is tried again, and what it waits for until then.
  private static func nextAttempt(_ job: JobCircumstances) -> String {
    let moment = moment(job.runAt)
    let left = job.isKeptFromUpstream ? " and is left alone" : ""
    let upstream = job.upstream.map { ", because \(named($0)) fails since \($0.since)\(left)" } ?? ""
    let idle = job.crew?.standstill(job.kind).map { "; \($0.remedy)" } ?? ""
    return job.isEarly
      ? "waits until \(moment) for attempt \(job.attempt + 1)\(upstream)"
      : "waits for a worker since \(moment)\(upstream)\(idle)"
  }

  /// `the upstream pems (pems.example:443)`
  private static func named(_ upstream: JobCircumstances.Upstream) -> String {
    "the upstream \(upstream.source) (\(upstream.place))"
  }

  /// Nothing of an organization that is not active is claimed; nil when it is active.
  private static func suspension(_ job: JobCircumstances) -> String? {
    if job.organizationStatus == "active" { return nil }
    return "waits while organization \(job.organization) is \(job.organizationStatus): "
      + "'syncline organizations suspend \(shellQuoted(job.organization)) --resume'"
  }

  /// What is paused does not begin; nil when it is not.
  private static func pause(_ job: JobCircumstances) -> String? {
    guard let pause = job.pause else { return nil }
    return "waits because \(pause.kind ?? "all work") of \(pause.organization ?? "all organizations") is paused: "
      + "'syncline queue resume\(QueueSubject.options(pause.kind, pause.organization))'"
  }

  /// Who paused it, since when and why; empty when nobody did.
  private static func pauser(_ job: JobCircumstances) -> String {
    guard let pause = job.pause else { return "" }
    return ", paused by \(pause.actor) at \(moment(pause.since))" + (pause.reason.map { ": \($0)" } ?? "")
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
    if let pause = pause(job) { return (pause, age + pauser(job)) }
    if let suspension = suspension(job) { return (suspension, age) }
    if let turn = turn(job) { return (turn, age) }
    if job.isEarly { return ("waits until \(moment(job.runAt))", age) }
    let around = "\(age), \(job.ahead) jobs of its kind are ahead, \(job.running) are running"
    if let idle = job.crew?.standstill(job.kind) {
      return ("waits for a worker; \(idle.remedy)", around + (idle.fact.map { ", \($0)" } ?? ""))
    }
    if job.running == 0 { return ("waits for a worker; none runs a \(job.kind) now", around) }
    return ("waits for its turn", around)
  }

  private static func running(_ job: JobCircumstances) -> (String, String) {
    let pages = progress(job)
    let worker = job.leaseOwner.map { "worker \($0)" } ?? "its worker"
    if job.isSilent {
      let silence = durationText(Double(max(0, job.silentFor ?? 0)))
      let why =
        job.leaseOwner == nil ? "waits for a worker to take it over" : "\(worker) went silent; another takes it over"
      if let idle = job.crew?.standstill(job.kind) {
        let left = job.leaseOwner == nil ? "waits to be taken over" : "\(worker) went silent"
        return (
          "\(left); \(idle.remedy)", "its lease ended \(silence) ago\(pages)" + (idle.fact.map { ", \($0)" } ?? "")
        )
      }
      return (why, "its lease ended \(silence) ago\(pages)")
    }
    if let upstream = job.upstream {
      return (
        "runs; \(named(upstream)) fails since \(upstream.since) and is asked again at \(upstream.next)",
        "last \(upstream.code): \(upstream.message); \(worker) holds it until \(moment(job.leaseExpiresAt))\(pages)"
      )
    }
    if job.pagesWaiting > 0 {
      return (
        "runs; waits for its pages to be applied", "\(worker) holds it until \(moment(job.leaseExpiresAt))\(pages)"
      )
    }
    if let change = job.change {
      return (SchemaVerdict.running(change), "\(worker) holds it until \(moment(job.leaseExpiresAt))\(pages)")
    }
    return ("runs", "\(worker) holds it until \(moment(job.leaseExpiresAt))\(pages)")
  }

  /// What is done so far, behind a comma; empty for a kind that does its work at once.
  private static func progress(_ job: JobCircumstances) -> String {
    if job.kind == "read_sync" { return ", \(job.pagesApplied) pages applied, \(job.pagesWaiting) waiting" }
    return lease(job)
  }

  /// Who holds the lease of the job's project, behind a comma; empty when nobody does.
  private static func lease(_ job: JobCircumstances) -> String {
    guard let holder = job.change?.lockedBy else { return "" }
    return ", its project is held by \(holder) until \(moment(job.change?.lockedUntil))"
  }

  private static func error(_ job: JobCircumstances) -> String {
    guard let code = job.errorCode else { return "no error code" }
    return code + (job.errorMessage.map { ": \($0)" } ?? "")
  }

  private static func moment(_ text: String?) -> String {
    text.map { parseMoment($0).map(timestamp) ?? $0 } ?? "an unknown moment"
  }
}

extension JobCircumstances {
  /// Its last attempt asked nothing, because its upstream is left alone.
  fileprivate var isKeptFromUpstream: Bool { errorCode == SourceError.Code.circuitOpen.rawValue }
}
