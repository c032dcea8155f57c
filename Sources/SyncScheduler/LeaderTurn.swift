import Postgres
import Runtime
import SyncDomain
import SyncStore

/// One look of the leader at everything: takes over what became of firings, starts what waits, fires what is due.
///
/// All of it is one transaction under the lead's token: a firing is there with its event and with the schedule's new
/// position, or not at all.
struct LeaderTurn: Sendable {
  let token: Int64
  /// Seconds since 1970.
  let now: Int64
  let jobs: [ScheduledJob]

  /// More firings than this are left to the next turn.
  private static let most = 500

  /// What was done, for metrics and logs.
  struct Report: Sendable {
    struct Line: Sendable, Equatable {
      let job: String
      let organization: String
      let kind: String
      /// A state of ``FiringStore/State``, or `missed`.
      let outcome: String
      /// Seconds after it was due; nil where that says nothing.
      var delay: Int64?
      var detail: String?
      var count = 1
    }

    var lines: [Line] = []
    /// There is more to do at once.
    var hasMore = false
  }

  /// Throws ``Fenced`` when another scheduler leads, else PGError; then nothing has changed.
  func perform(_ session: PGSession) throws -> Report {
    try ScheduleLease.holding(session, token) {
      var report = Report()
      try settle(session, &report)
      for firing in try FiringStore.due(session, now: now) {
        if firing.isLate { try giveUp(session, firing, &report) } else { try release(session, firing, &report) }
      }
      try fireAll(session, &report)
      return report
    }
  }

  // MARK: Earlier firings

  private func settle(_ session: PGSession, _ report: inout Report) throws {
    for firing in try FiringStore.settle(session) where firing.state != .running {
      report.lines.append(line(firing, firing.state, firing.detail))
      if firing.state == .failed, let job = job(firing), firing.attempt <= job.retries {
        try FiringStore.retry(session, firing.id, at: now + job.retryDelay)
      }
    }
  }

  private func giveUp(_ session: PGSession, _ firing: FiringStore.Firing, _ report: inout Report) throws {
    let reason = "not done in time"
    if let job = firing.jobId {
      try FiringStore.cancelJob(session, job, organization: firing.key.organization, reason: reason)
    }
    try FiringStore.end(session, firing.id, .timedOut, detail: reason, now: now)
    report.lines.append(line(firing, .timedOut, reason))
  }

  /// A waiting one starts when its lane is free.
  private func release(_ session: PGSession, _ firing: FiringStore.Firing, _ report: inout Report) throws {
    guard let job = job(firing), let due = firing.due else {
      let reason = "the job is not defined any more"
      try FiringStore.end(session, firing.id, .cancelled, detail: reason, now: now)
      report.lines.append(line(firing, .cancelled, reason))
      return
    }
    let lane = try FiringStore.lane(session, firing.key, lane: job.lane, besides: firing.id)
    guard !lane.state.isBusy else { return }
    let event = FiringEvent(job, organization: firing.key.organization, due: due, attempt: firing.attempt)
    try FiringStore.start(session, firing.id, jobId: event?.jobId, timeoutAt: now + job.timeout)
    try queue(session, event)
    report.lines.append(line(firing, .requested, nil, delay: now - due))
  }

  // MARK: New firings

  private func fireAll(_ session: PGSession, _ report: inout Report) throws {
    let active = try ScheduleStore.organizations(session)
    let positions = try ScheduleStore.all(session)
    var wanted: Set<ScheduleStore.Key> = []
    var fired = 0
    for job in jobs.filter(\.isEnabled).sorted(by: { ($1.priority, $0.name) < ($0.priority, $1.name) }) {
      for organization in active where job.organizations?.contains(organization) ?? true {
        let key = ScheduleStore.Key(job: job.name, organization: organization)
        wanted.insert(key)
        guard fired < LeaderTurn.most else {
          report.hasMore = true
          continue
        }
        fired += try fire(session, key, job, positions[key], &report)
      }
    }
    for (key, position) in positions where position.isActive && !wanted.contains(key) {
      try ScheduleStore.retire(session, key)
    }
  }

  /// How many came due.
  private func fire(
    _ session: PGSession, _ key: ScheduleStore.Key, _ job: ScheduledJob, _ position: ScheduleStore.Position?,
    _ report: inout Report
  ) throws -> Int {
    let plan: FiringPlan
    switch ScheduleStep.decide(job, organization: key.organization, position, now: now) {
    case .rest: return 0
    case .begin:
      try ScheduleStore.store(session, key, job, handledUntil: now, next: job.schedule.next(after: now))
      return 0
    case .fire(let due): plan = due
    }
    for due in plan.firings { try fire(session, key, job, due, &report) }
    if plan.dropped > 0 {
      report.lines.append(
        Report.Line(
          job: key.job, organization: key.organization, kind: job.kind.rawValue, outcome: "missed", count: plan.dropped)
      )
    }
    try ScheduleStore.store(session, key, job, handledUntil: plan.handledUntil, next: plan.next)
    return plan.firings.count
  }

  private func fire(
    _ session: PGSession, _ key: ScheduleStore.Key, _ job: ScheduledJob, _ due: Int64, _ report: inout Report
  ) throws {
    let id = FiringEvent.id(job: key.job, organization: key.organization, due: due)
    let lane = try FiringStore.lane(session, key, lane: job.lane, besides: id)
    guard !lane.isKnown else { return }
    var state = FiringStore.State.requested
    var detail: String?
    switch job.overlap.decide(lane.state) {
    case .start: break
    case .wait: state = .waiting
    case .skip(let reason): (state, detail) = (.skipped, reason)
    case .cancelAndStart:
      try FiringStore.cancel(
        session, key, lane: job.lane, jobs: lane.jobs, reason: "replaced by a newer firing of \(key.job)", now: now)
    }
    let event = FiringEvent(job, organization: key.organization, due: due, attempt: 1)
    let isNew = try FiringStore.insert(
      session, id: id, key, job, due: due, state: state, jobId: state == .requested ? event?.jobId : nil,
      detail: detail, now: now)
    guard isNew else { return }
    CrashPoint.firingMade.pass()
    if state == .requested { try queue(session, event) }
    CrashPoint.firingQueued.pass()
    report.lines.append(
      Report.Line(
        job: key.job, organization: key.organization, kind: job.kind.rawValue, outcome: state.rawValue,
        delay: state == .requested ? now - due : nil, detail: detail))
  }

  /// In the transaction of the firing; a relay publishes it.
  private func queue(_ session: PGSession, _ event: FiringEvent?) throws {
    guard let event else { return }
    let statement = OutboxStore.insert(
      topic: event.topic, key: event.event.organization.map { Array($0.utf8) }, value: event.event.data,
      headers: event.event.binaryHeaders.map { (name: $0.0, value: $0.1) })
    try session.query(statement.sql, statement.parameters)
  }

  private func job(_ firing: FiringStore.Firing) -> ScheduledJob? {
    jobs.first { $0.name == firing.key.job && $0.isEnabled && $0.kind.rawValue == firing.kind }
  }

  private func line(
    _ firing: FiringStore.Firing, _ state: FiringStore.State, _ detail: String?, delay: Int64? = nil
  ) -> Report.Line {
    Report.Line(
      job: firing.key.job, organization: firing.key.organization, kind: firing.kind, outcome: state.rawValue,
      delay: delay, detail: detail)
  }
}
