import PEMS
import SyncDomain
import SyncStore
import SyncWorker

/// A full read by several workers, killed, frozen and taken over between any two steps, of an upstream that moves: no
/// record is skipped, no message counts twice, no job has two holders, nothing is discontinued that is there.
///
/// Real: which messages a page becomes and what becomes of them when it is read again, the guard of the sweep, the
/// times between attempts, the states of a job. Model: ``ReadDatabase``; the order of transactions is that of
/// `ReadRun`.
struct ReadWorld: World {
  enum Action: CaseIterable {
    case work, deliver, pass, approve
    case change, remove, upstreamFails, connectionLost, freeze, thaw, kill, deliverAgain, lose
  }

  enum Defect: CaseIterable {
    case unfencedCompletion, countsRedelivery, completesEarly, sweepsUnasked, skipsReplay
  }

  static let name = "reads"
  static let share = 0.25
  static let pageSize = 3

  static func weight(_ action: Action) -> Int {
    switch action {
    case .work: 40
    case .deliver: 20
    case .pass: 10
    case .approve: 2
    case .change: 4
    case .remove, .upstreamFails, .connectionLost, .freeze, .thaw, .kill, .deliverAgain, .lose: 3
    }
  }

  static func isFault(_ action: Action) -> Bool {
    switch action {
    case .work, .deliver, .pass, .approve, .thaw: false
    case .change, .remove, .upstreamFails, .connectionLost, .freeze, .kill, .deliverAgain, .lose: true
    }
  }

  private struct Message {
    let page: Int
    let eventId: String
    let records: [String]
  }

  private enum Stage {
    case start
    case fetch(cursor: String?, PageLedger)
    case write(page: SourcePage, from: String?, PageLedger)
    case publish([Message], next: String?, PageLedger)
    case wait
    case finish(SweepGuard)
  }

  private struct Worker {
    let id: Int
    var isFrozen = false
    var token: Int?
    var stage = Stage.start
  }

  private enum Trouble { case transient, permanent, lost, lostDone }

  var story = Story()
  private var now = 0
  private var database: ReadDatabase
  /// Records of the upstream by id: block of their order.
  private var upstream: [String: Int64] = [:]
  private var clock: Int64 = 100
  private var workers = (1...2).map { Worker(id: $0) }
  private var wire: [Message] = []
  private var delivered: [Message] = []
  private var trouble: Trouble?
  private var broken: Violation?
  private let defect: Defect?
  private static let policy = RetryPolicy.job

  init(_ chance: inout Chance, defect: Defect?) {
    self.defect = defect
    let count = 4 + chance.below(12)
    for index in 0..<count {
      upstream["P\(index)"] = clock
      clock += 1
    }
    database = ReadDatabase(
      job: ReadDatabase.Job(id: "00000000-0000-4000-8000-000000000001"),
      active: Set(upstream.keys).union(chance.isOne(in: 2) ? ["gone"] : []))
    database.job.present = Set(upstream.keys)
  }

  mutating func perform(_ action: Action, _ chance: inout Chance) {
    switch action {
    case .work: if let index = chance.pick(workers.indices), !workers[index].isFrozen { work(index, &chance) }
    case .deliver: if let index = chance.pick(wire.indices) { deliver(index) }
    case .pass: now += 1 + chance.below(15)
    case .approve:
      guard database.job.state == .awaitingApproval else { return }
      database.job.isApproved = true
      database.job.state = .running
      database.job.leaseUntil = now - 1
    case .change:
      guard let id = chance.pick(upstream.keys.sorted()) else { return }
      upstream[id] = clock
      clock += 1
      story.tell("upstream: \(id) changes")
    case .remove:
      guard let id = chance.pick(upstream.keys.sorted()) else { return }
      upstream[id] = nil
      database.job.present.remove(id)
      story.tell("upstream: \(id) goes")
    case .upstreamFails: trouble = chance.isOne(in: 6) ? .permanent : .transient
    case .connectionLost: trouble = chance.isOne(in: 2) ? .lost : .lostDone
    case .freeze: if let index = chance.pick(workers.indices) { workers[index].isFrozen = true }
    case .thaw: if let index = chance.pick(workers.indices) { workers[index].isFrozen = false }
    case .kill:
      guard let index = chance.pick(workers.indices) else { return }
      story.tell("worker \(workers[index].id) is killed")
      workers[index] = Worker(id: workers[index].id + 2)
    case .deliverAgain: if let message = chance.pick(delivered) { wire.append(message) }
    case .lose:
      // Published, but the broker lost it with its disk: the job goes on when somebody resumes it.
      guard let index = chance.pick(wire.indices) else { return }
      story.tell("message \(wire.remove(at: index).page) is lost")
    }
  }

  private mutating func deliver(_ index: Int) {
    let message = wire.remove(at: index)
    delivered.append(message)
    database.apply(message.page, message.eventId, message.records, countsAgain: defect == .countsRedelivery)
    story.tell("message \(message.page) is applied: \(message.records)")
  }

  // MARK: A worker

  private mutating func work(_ index: Int, _ chance: inout Chance) {
    guard let token = workers[index].token else {
      guard let token = database.claim(now: now) else { return }
      workers[index].token = token
      workers[index].stage = .start
      return story.tell("worker \(workers[index].id) claims the job, token \(token)")
    }
    switch workers[index].stage {
    case .start:
      guard transaction(index, token, { _ in }) else { return }
      let position = database.position()
      let ledger = PageLedger(
        organization: "RIO", jobId: database.job.id, nextPage: position.nextPage,
        replay: defect == .skipsReplay ? [] : position.replay)
      workers[index].stage = position.isComplete ? .wait : .fetch(cursor: position.cursor, ledger)
    case .fetch(let cursor, let ledger): fetch(index, token, cursor, ledger, &chance)
    case .write(let page, let cursor, let ledger): write(index, token, page, cursor, ledger)
    case .publish(let messages, let next, let ledger):
      wire += messages
      story.tell("worker \(workers[index].id) publishes \(messages.map(\.page))")
      workers[index].stage = next == nil ? .wait : .fetch(cursor: next, ledger)
    case .wait: wait(index, token)
    case .finish(let verdict): finish(index, token, verdict)
    }
  }

  /// A transaction of the job's holder; false: it did not take place, or nobody knows, and the worker looks again.
  private mutating func transaction(_ index: Int, _ token: Int, _ body: (inout ReadDatabase) -> Void) -> Bool {
    let trouble = self.trouble
    if trouble == .lost || trouble == .lostDone { self.trouble = nil }
    guard database.hold(token, now: now) || defect == .unfencedCompletion else {
      story.tell("worker \(workers[index].id) is fenced")
      workers[index].token = nil
      return false
    }
    if trouble != .lost {
      if token != database.job.token { broken = Violation("no job has two holders", "token \(token) writes") }
      body(&database)
    }
    guard trouble != .lost, trouble != .lostDone else {
      // An outage costs no attempt: the job goes on where it was.
      workers[index].stage = .start
      story.tell("worker \(workers[index].id) loses its connection")
      return false
    }
    return true
  }

  private mutating func fetch(
    _ index: Int, _ token: Int, _ cursor: String?, _ ledger: PageLedger, _ chance: inout Chance
  ) {
    if trouble == .transient || trouble == .permanent {
      let isTransient = trouble == .transient
      trouble = nil
      let delay = isTransient ? ReadWorld.policy.delay(after: database.job.attempt, using: &chance) : nil
      let until = now + Int((delay ?? 0).rounded(.up))
      if transaction(
        index, token,
        { database in
          database.job.state = delay == nil ? .failed : .retrying
          database.job.runAt = until
        })
      {
        workers[index].token = nil
      }
      return
    }
    workers[index].stage = .write(page: page(cursor), from: cursor, ledger)
  }

  /// Oldest change first, from behind a change on.
  private func page(_ cursor: String?) -> SourcePage {
    let after = cursor.flatMap { Int64($0) } ?? 0
    let rest = upstream.filter { $0.value > after }.sorted { $0.value < $1.value }
    var page = SourcePage()
    page.records = rest.prefix(ReadWorld.pageSize).map { id, block in
      CanonicalRecord(
        pfaId: id, order: SourceOrder(block: block, index: 0), discontinued: false,
        data: Array(#"{"pfaId":"\#(id)"}"#.utf8), contentHash: block)
    }
    page.next = rest.count > ReadWorld.pageSize ? page.records.last?.order.map { String($0.block) } : nil
    return page
  }

  private mutating func write(
    _ index: Int, _ token: Int, _ page: SourcePage, _ cursor: String?, _ ledger: PageLedger
  ) {
    var ledger = ledger
    let step = ledger.take(page)
    let ids = page.records.map(\.pfaId)
    let (job, nextPage) = (database.job.id, ledger.nextPage)
    let messages = step.publish.map { Message(page: $0.page, eventId: $0.eventId(jobId: job), records: ids) }
    let abandon = step.abandonFrom ?? (page.next == nil ? ledger.leftover : nil)
    let isWritten = transaction(index, token) { database in
      database.advance(
        step.entries.map { ($0, ids) }, from: cursor, to: page.next, nextPage: nextPage, records: ids.count,
        abandonFrom: abandon)
    }
    guard isWritten else { return }
    workers[index].stage = .publish(messages, next: page.next, ledger)
  }

  private mutating func wait(_ index: Int, _ token: Int) {
    guard database.waiting == 0 || defect == .completesEarly else {
      // Stalled: what is written down and not applied may never have been published.
      if !wire.contains(where: { database.job.pages[$0.page]?.state == "allocated" }) {
        workers[index].stage = .start
      }
      return
    }
    let orphans = database.active.subtracting(database.seen)
    workers[index].stage = .finish(
      SweepGuard.decide(
        received: database.job.read, active: Int64(database.active.count), orphans: Int64(orphans.count),
        share: defect == .sweepsUnasked ? 1 : ReadWorld.share, isApproved: database.job.isApproved))
  }

  private mutating func finish(_ index: Int, _ token: Int, _ verdict: SweepGuard) {
    let orphans = database.active.subtracting(database.seen).count
    let isMuch = Double(orphans) > Double(database.active.count) * ReadWorld.share && !database.job.isApproved
    let done = transaction(index, token) { database in
      if verdict == .ask { database.job.state = .awaitingApproval } else { database.finish(sweeps: verdict == .sweep) }
    }
    if done, verdict == .sweep, isMuch { broken = Violation("no silent mass loss", "\(orphans) records go unasked") }
    if done {
      story.tell("worker \(workers[index].id) ends the job: \(verdict)")
      workers[index].token = nil
    }
  }

  // MARK: Rules

  mutating func settle(_ chance: inout Chance) -> Violation? {
    trouble = nil
    for index in workers.indices { workers[index].isFrozen = false }
    for _ in 0..<1_000 {
      now += 2
      while !wire.isEmpty { deliver(0) }
      if database.job.state == .awaitingApproval { perform(.approve, &chance) }
      for index in workers.indices { work(index, &chance) }
      if let violation = check() { return violation }
      if database.job.state.isFinal { return nil }
    }
    return Violation("every job ends", "\(database.job.state), \(database.waiting) wait")
  }

  func check() -> Violation? {
    if let broken { return broken }
    let job = database.job
    if let step = job.broken { return Violation("states follow each other", step) }
    let applied = job.pages.values.filter { $0.state == "applied" }
    if job.received != applied.reduce(0, { $0 + $1.records.count }) {
      return Violation("each message counts once", "received \(job.received)")
    }
    if job.ends > 1 { return Violation("a job ends once", "\(job.ends) times") }
    if let id = job.swept.first(where: { job.present.contains($0) }) {
      return Violation("nothing is discontinued that is there", id)
    }
    guard job.state == .succeeded else { return nil }
    if database.waiting > 0 { return Violation("a job ends when all of it is applied", "\(database.waiting) wait") }
    let missing = job.present.subtracting(database.seen)
    return missing.isEmpty ? nil : Violation("no record is skipped", "\(missing.sorted())")
  }

  func checkEnd() -> Violation? { nil }
}
