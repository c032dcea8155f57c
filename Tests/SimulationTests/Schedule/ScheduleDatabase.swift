import SyncDomain
import SyncStore

@testable import SyncScheduler

/// A model of the tables of schedules: the lead with its token, positions, firings and the outbox.
///
/// It stands for take_schedule_lease, hold_schedule_lease, lane_state, insert_firing, store_schedule and
/// settle_firings; what is due and what an overlap means is the product's own code.
struct ScheduleDatabase {
  struct Firing {
    let id: String
    let job: String
    let lane: String
    let due: Int64
    var state: FiringStore.State
    var jobId: String?

    var isOpen: Bool { [.waiting, .requested, .running].contains(state) }
  }

  var token: Int64 = 0
  /// True time.
  var expires: Int64 = .min
  var positions: [String: ScheduleStore.Position] = [:]
  private(set) var firings: [String: Firing] = [:]
  /// Ids of events that were queued.
  private(set) var outbox: [String] = []
  let defect: ScheduleWorld.Defect?

  init(defect: ScheduleWorld.Defect?) { self.defect = defect }

  /// Nil: somebody leads.
  mutating func take(now: Int64) -> Int64? {
    guard expires < now else { return nil }
    token += 1
    expires = now + Int64(ScheduleLease.seconds)
    return token
  }

  /// One turn of a leader, as ``LeaderTurn`` makes it; false: fenced.
  ///
  /// `now`: of the leader's own clock, `time`: of the database's.
  mutating func turn(_ holder: Int64, _ jobs: [ScheduledJob], now: Int64, time: Int64) -> Bool {
    guard holder == token || defect == .unfencedTurn else { return false }
    expires = time + Int64(ScheduleLease.seconds)
    for firing in firings.values.filter({ $0.state == .waiting }).sorted(by: { $0.due < $1.due }) {
      guard let job = jobs.first(where: { $0.name == firing.job }), !lane(job, besides: firing.id).isBusy else {
        continue
      }
      start(firing.id, job, firing.due)
    }
    for job in jobs {
      switch ScheduleStep.decide(job, organization: ScheduleWorld.organization, positions[job.name], now: now) {
      case .rest: break
      case .begin: store(job, handledUntil: now, next: job.schedule.next(after: now))
      case .fire(let plan):
        for due in plan.firings { fire(job, due) }
        store(job, handledUntil: plan.handledUntil, next: plan.next)
      }
    }
    return true
  }

  /// What a transaction stores that is rolled back all the same, with the defect that makes it two.
  mutating func storeBeforehand(_ jobs: [ScheduledJob], now: Int64) {
    for job in jobs {
      if case .fire(let plan) = ScheduleStep.decide(
        job, organization: ScheduleWorld.organization, positions[job.name], now: now)
      {
        store(job, handledUntil: plan.handledUntil, next: plan.next)
      }
    }
  }

  /// A worker's job goes on; the firing follows.
  mutating func end(_ id: String, _ state: FiringStore.State) { firings[id]?.state = state }

  private mutating func store(_ job: ScheduledJob, handledUntil: Int64, next: Int64?) {
    positions[job.name] = ScheduleStore.Position(
      definition: job.schedule.fingerprint, isActive: true, handledUntil: handledUntil, next: next)
  }

  private func lane(_ job: ScheduledJob, besides id: String) -> OverlapPolicy.Lane {
    let open = firings.values.filter { $0.lane == job.lane && $0.isOpen && $0.id != id }
    return OverlapPolicy.Lane(
      isBusy: open.contains { $0.state != .waiting },
      hasWaiting: open.contains { $0.state == .waiting && $0.job == job.name },
      // A job that was asked for and that nobody has seen can not be cancelled.
      canCancel: !open.contains { $0.state == .requested })
  }

  private mutating func fire(_ job: ScheduledJob, _ due: Int64) {
    let id = FiringEvent.id(job: job.name, organization: ScheduleWorld.organization, due: due)
    if firings[id] != nil, defect != .firesKnown { return }
    var state = FiringStore.State.requested
    switch job.overlap.decide(lane(job, besides: id)) {
    case .start: break
    case .wait: state = .waiting
    case .skip: state = .skipped
    case .cancelAndStart:
      for open in firings.values where open.lane == job.lane && open.isOpen && open.id != id {
        firings[open.id]?.state = .cancelled
      }
    }
    firings[id] = Firing(id: id, job: job.name, lane: job.lane, due: due, state: state, jobId: nil)
    if state == .requested { start(id, job, due) }
  }

  private mutating func start(_ id: String, _ job: ScheduledJob, _ due: Int64) {
    guard let event = FiringEvent(job, organization: ScheduleWorld.organization, due: due, attempt: 1) else { return }
    firings[id]?.state = .requested
    firings[id]?.jobId = event.jobId
    outbox.append(event.event.id)
  }
}
