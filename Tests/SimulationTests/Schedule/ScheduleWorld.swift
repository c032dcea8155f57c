import SyncDomain
import SyncStore

@testable import SyncScheduler

/// Schedulers that fight for the lead over simulated days: each firing once, none lost, one of a lane at a time.
///
/// Real: cron, what is due, missed and overlapping firings, their ids and events. Model: ``ScheduleDatabase``.
struct ScheduleWorld: World {
  enum Action: CaseIterable {
    case turn, pass, passLong, work
    case lost, rolledBack, freeze, thaw, kill, clockJump
  }

  enum Defect: CaseIterable {
    case unfencedTurn, firesKnown, positionBeforeFirings
  }

  static let name = "schedule"
  static let organization = "RIO"
  /// 2026-01-01T00:00Z.
  static let start: Int64 = 1_767_225_600

  static func weight(_ action: Action) -> Int {
    switch action {
    case .turn: 40
    case .pass, .work: 20
    case .passLong: 2
    case .lost, .rolledBack, .freeze, .thaw: 3
    case .kill, .clockJump: 2
    }
  }

  static func isFault(_ action: Action) -> Bool {
    switch action {
    case .turn, .pass, .work, .thaw: false
    case .passLong, .lost, .rolledBack, .freeze, .kill, .clockJump: true
    }
  }

  private struct Process {
    let id: Int
    var token: Int64?
    var isFrozen = false
    /// Seconds its clock is ahead.
    var skew: Int64 = 0
  }

  private enum Loss { case answer, transaction }

  var story = Story()
  private var time = ScheduleWorld.start
  private var database: ScheduleDatabase
  private var processes = (1...3).map { Process(id: $0) }
  private var born = 3
  private var loss: Loss?
  private var highest: Int64 = 0
  private var stale = false
  private var hadSkew = false
  private let defect: Defect?
  private let jobs: [ScheduledJob]

  init(_ chance: inout Chance, defect: Defect?) {
    self.defect = defect
    database = ScheduleDatabase(defect: defect)
    jobs = ScheduleWorld.catalog
    // The first turn of the first leader lets the schedules begin.
    for index in [0, 0] { turn(index) }
  }

  /// One job of each overlap policy; all missed firings are made up for, so that completeness can be told.
  private static let catalog: [ScheduledJob] = {
    let crons = [("skip", "*/15 * * * *"), ("queue", "7 * * * *"), ("replace", "*/20 3-5 * * *")]
    return zip(crons, OverlapPolicy.allCases).compactMap { cron, overlap in
      guard let expression = try? CronExpression(cron.1) else { return nil }
      var job = ScheduledJob(name: cron.0, kind: .kpiRebuild, schedule: CronSchedule(expression))
      job.overlap = overlap
      job.missed = .all
      job.missedLimit = 100_000
      job.jitter = overlap == .queue ? 40 : 0
      return job
    }
  }()

  mutating func perform(_ action: Action, _ chance: inout Chance) {
    switch action {
    case .turn: if let index = chance.pick(processes.indices), !processes[index].isFrozen { turn(index) }
    case .pass: time += Int64(1 + chance.below(240))
    case .passLong:
      time += Int64(3_600 * (1 + chance.below(8)))
      story.tell("hours pass")
    case .work: work(&chance)
    case .lost: loss = .answer
    case .rolledBack: loss = .transaction
    case .freeze:
      if let index = chance.pick(processes.indices) {
        processes[index].isFrozen = true
        story.tell("scheduler \(processes[index].id) is frozen")
      }
    case .thaw:
      if let index = chance.pick(processes.indices), processes[index].isFrozen {
        processes[index].isFrozen = false
        story.tell("scheduler \(processes[index].id) goes on")
      }
    case .kill:
      guard let index = chance.pick(processes.indices) else { return }
      story.tell("scheduler \(processes[index].id) is killed")
      born += 1
      processes[index] = Process(id: born)
    case .clockJump:
      guard let index = chance.pick(processes.indices) else { return }
      processes[index].skew = Int64(chance.below(21_600)) - 10_800
      hadSkew = true
      story.tell("the clock of scheduler \(processes[index].id) is \(processes[index].skew) s ahead")
    }
  }

  private mutating func turn(_ index: Int) {
    guard let token = processes[index].token else {
      processes[index].token = database.take(now: time)
      if let token = processes[index].token { story.tell("scheduler \(processes[index].id) leads with token \(token)") }
      return
    }
    let now = time + processes[index].skew
    defer { loss = nil }
    if loss == .transaction {
      if defect == .positionBeforeFirings { database.storeBeforehand(jobs, now: now) }
      return story.tell("scheduler \(processes[index].id): its transaction is rolled back")
    }
    let before = database.outbox.count
    guard database.turn(token, jobs, now: now, time: time) else {
      processes[index].token = nil
      return story.tell("scheduler \(processes[index].id) is fenced")
    }
    if token < highest { stale = true }
    highest = max(highest, token)
    story.tell("scheduler \(processes[index].id) asks for \(database.outbox.count - before) jobs")
    // Whatever became of it, the next turn reads it.
    if loss == .answer { story.tell("  and does not hear of it") }
  }

  /// Workers go on with jobs that were asked for.
  private mutating func work(_ chance: inout Chance) {
    let open = database.firings.values.filter { $0.state == .requested || $0.state == .running }
    guard let firing = chance.pick(open.sorted { $0.id < $1.id }) else { return }
    database.end(firing.id, firing.state == .requested ? .running : chance.isOne(in: 4) ? .failed : .succeeded)
  }

  mutating func settle(_ chance: inout Chance) -> Violation? {
    loss = nil
    for index in processes.indices {
      processes[index].isFrozen = false
      processes[index].skew = 0
    }
    for _ in 0..<60 {
      time += 61
      for index in processes.indices { turn(index) }
      for firing in database.firings.values where firing.state == .requested || firing.state == .running {
        database.end(firing.id, .succeeded)
      }
    }
    return nil
  }

  func check() -> Violation? {
    if stale { return Violation("one leads", "a turn of an earlier leader took effect after a later one's") }
    if Set(database.outbox).count != database.outbox.count {
      return Violation("each firing asks once", "an event was queued twice")
    }
    for job in jobs {
      let busy = database.firings.values.filter {
        $0.lane == job.lane && ($0.state == .requested || $0.state == .running)
      }
      if busy.count > 1 { return Violation("one of a lane at a time", "\(busy.map(\.due).sorted()) of \(job.name)") }
    }
    return nil
  }

  func checkEnd() -> Violation? {
    if database.firings.values.contains(where: { $0.state == .waiting }) {
      return Violation("a firing that waits begins", "one waits for ever")
    }
    // A leader whose clock is wrong decides what is due from where: then instants are skipped knowingly.
    guard !hadSkew else { return nil }
    for job in jobs {
      var due = job.schedule.next(after: ScheduleWorld.start)
      while let instant = due, instant < time - 3_600 {
        let id = FiringEvent.id(job: job.name, organization: ScheduleWorld.organization, due: instant)
        guard database.firings[id] != nil else {
          return Violation("no firing is lost", "\(job.name) at \(instant - ScheduleWorld.start) s")
        }
        due = job.schedule.next(after: instant)
      }
    }
    return nil
  }
}
