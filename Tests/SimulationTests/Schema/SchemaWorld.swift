import SyncDomain

/// Schema changes of one project by several workers, killed and frozen between any two transactions: master and target
/// agree after recovery, and no change is applied twice or lost.
///
/// Real: ``ProjectState`` (lease, rebase, recovery), what changes touch and what they make of a schema, the times
/// between tries. Model: ``SchemaDatabase``; the order of transactions is that of `SchemaJob`.
struct SchemaWorld: World {
  enum Action: CaseIterable {
    case request, work, pass
    case targetFails, targetUnknown, freeze, thaw, kill
  }

  enum Defect: CaseIterable {
    case unfencedCompletion, targetWithoutLedger, releaseWithoutToken, copiesStaleSchema
  }

  static let name = "schema"
  static let jobLease = Duration.seconds(12)
  static let projectLease = Duration.seconds(70)

  static func weight(_ action: Action) -> Int {
    switch action {
    case .work: 40
    case .request: 6
    case .pass: 8
    case .targetFails, .targetUnknown, .freeze, .thaw, .kill: 3
    }
  }

  static func isFault(_ action: Action) -> Bool {
    switch action {
    case .request, .work, .pass, .thaw: false
    case .targetFails, .targetUnknown, .freeze, .kill: true
    }
  }

  /// Where a worker is between two transactions.
  fileprivate enum Stage {
    case look
    case leased(changeId: String, after: ProjectSchema, lock: String)
    case executed(after: ProjectSchema, lock: String)
    case recovering(ProjectState.Intent, lock: String)
    case recovered(ProjectState.Intent, lock: String, isApplied: Bool)
  }

  private struct Worker {
    let id: Int
    var isFrozen = false
    /// Index of its request, with the token of its claim.
    var claim: (request: Int, token: Int)?
    var stage = Stage.look
    var tries = 0
  }

  private enum Trouble { case fails, unknownDone, unknownUndone }

  var story = Story()
  private var now = Duration.zero
  private var database = SchemaDatabase()
  private var workers = (1...3).map { Worker(id: $0) }
  private var born = 3
  private var names = 0
  private var trouble: Trouble?
  private let defect: Defect?

  init(_ chance: inout Chance, defect: Defect?) {
    self.defect = defect
    if let id = SchemaID("t") {
      let table = TableDefinition(id: id, name: "t")
      database.schema.tables = [table]
      database.target.tables = [table]
    }
  }

  mutating func perform(_ action: Action, _ chance: inout Chance) {
    switch action {
    case .request: request(&chance)
    case .work: if let index = chance.pick(workers.indices), !workers[index].isFrozen { work(index) }
    case .pass: now += .seconds(Int64(1 + chance.below(chance.isOne(in: 3) ? 80 : 8)))
    case .targetFails: trouble = .fails
    case .targetUnknown: trouble = chance.isOne(in: 2) ? .unknownDone : .unknownUndone
    case .freeze: if let index = chance.pick(workers.indices) { workers[index].isFrozen = true }
    case .thaw: if let index = chance.pick(workers.indices) { workers[index].isFrozen = false }
    case .kill:
      guard let index = chance.pick(workers.indices) else { return }
      story.tell("worker \(workers[index].id) is killed at \(workers[index].stage.name)")
      born += 1
      workers[index] = Worker(id: born)
    }
  }

  private mutating func request(_ chance: inout Chance) {
    guard let table = SchemaID("t"), let column = SchemaID("c\(chance.below(4))"), let type = try? ColumnType("text")
    else { return }
    let change: SchemaChange =
      switch chance.below(4) {
      case 0, 1: .addColumn(table, ColumnDefinition(id: column, name: "n\(names)", type: type))
      case 2: .renameColumn(table, column, name: "r\(names)")
      default: .dropColumn(table, column)
      }
    names += 1
    let seen = max(1, database.version - Int32(chance.below(3)))
    let id = Int64(database.requests.count + 1)
    database.requests.append(
      SchemaDatabase.Request(id: id, changes: [change], currentVersion: seen, changeId: "change \(id)/\(names)"))
    story.tell("request \(id) at version \(seen): \(change.kind.rawValue) \(column)")
  }

  // MARK: One transaction of a worker

  private mutating func work(_ index: Int) {
    guard let claim = workers[index].claim else { return self.claim(index) }
    let isMine = database.requests[claim.request].token == claim.token || defect == .unfencedCompletion
    // The target knows nothing of jobs: there only the ledger stands between a worker taken for dead and its change.
    if case .leased(let changeId, let after, let lock) = workers[index].stage {
      return execute(index, claim.request, changeId, after, lock, isMine)
    }
    guard isMine else { return drop(index, "is fenced") }
    database.requests[claim.request].heldUntil = now + SchemaWorld.jobLease
    switch workers[index].stage {
    case .look, .leased: look(index, claim.request)
    case .executed(let after, let lock):
      // What the master becomes is derived from what it was when the lease was taken.
      if !database.finish(claim.request, token: lock, after: after), defect == .unfencedCompletion {
        database.schema = after
        database.version += 1
      }
      drop(index, "has applied request \(claim.request + 1)")
    case .recovering(let intent, let lock):
      if takeTrouble() != nil { return drop(index, "can not ask the target") }
      workers[index].stage = .recovered(intent, lock: lock, isApplied: database.settle(intent.changeId))
    case .recovered(let intent, let lock, let isApplied): recovered(index, claim.request, intent, lock, isApplied)
    }
  }

  private mutating func claim(_ index: Int) {
    let due = database.requests.indices.first {
      database.requests[$0].isOpen && (database.requests[$0].heldUntil <= now || database.requests[$0].token == 0)
    }
    guard let due else { return }
    database.requests[due].token += 1
    database.requests[due].heldUntil = now + SchemaWorld.jobLease
    workers[index].claim = (due, database.requests[due].token)
    workers[index].stage = .look
    workers[index].tries = 0
    story.tell("worker \(workers[index].id) claims request \(due + 1), token \(database.requests[due].token)")
  }

  private mutating func drop(_ index: Int, _ reason: String) {
    story.tell("worker \(workers[index].id) \(reason)")
    workers[index].claim = nil
    workers[index].stage = .look
  }

  private mutating func look(_ index: Int, _ row: Int) {
    let request = database.requests[row]
    let state = database.state(now: now)
    let lock = "\(workers[index].id)/\(names)"
    names += 1
    do {
      switch state.step(job: "job \(request.id)", currentVersion: request.currentVersion, creates: false) {
      case .refuse(let fault): throw fault
      case .recover(let intent):
        guard database.takeOver(from: state.token, to: lock, until: now + SchemaWorld.projectLease) else {
          throw SchemaFault(.projectLocked, "another worker recovers")
        }
        workers[index].stage = .recovering(intent, lock: lock)
        story.tell("worker \(workers[index].id) looks what became of \(intent.changeId)")
      case .rebase:
        try state.checkRebase(
          request.changes, from: request.currentVersion, since: database.applied(since: request.currentVersion))
        try take(index, row, state, lock)
      case .take: try take(index, row, state, lock)
      }
    } catch {
      guard (error as? SchemaFault)?.code.retryDelay(after: workers[index].tries) == nil else {
        workers[index].tries += 1
        return
      }
      database.giveUp(row, token: nil, ends: true, fresh: "none")
      drop(index, "gives request \(row + 1) up: \(error)")
    }
  }

  private mutating func take(_ index: Int, _ row: Int, _ state: ProjectState, _ lock: String) throws {
    let after = try state.schema.applying(database.requests[row].changes)
    let isTaken = database.take(
      row, at: state.version, token: lock, until: now + SchemaWorld.projectLease, now: now, after: after)
    guard isTaken else { throw SchemaFault(.versionConflict, "the project changed meanwhile") }
    workers[index].stage = .leased(changeId: database.requests[row].changeId, after: after, lock: lock)
    story.tell("worker \(workers[index].id) leases the project for request \(row + 1) at version \(state.version)")
  }

  private mutating func execute(
    _ index: Int, _ row: Int, _ changeId: String, _ after: ProjectSchema, _ lock: String, _ isMine: Bool
  ) {
    let request = database.requests[row]
    let trouble = takeTrouble()
    if trouble == .unknownUndone { return drop(index, "does not know what the target did") }
    if trouble == .fails {
      guard isMine else { return drop(index, "is fenced") }
      database.giveUp(row, token: lock, ends: false, fresh: "change \(request.id)/\(names)")
      names += 1
      return drop(index, "is refused by the target")
    }
    if defect == .targetWithoutLedger {
      database.target = (try? database.target.applying(request.changes)) ?? database.target
    } else if !database.execute(request.changes, changeId) {
      return drop(index, "finds that its attempt was given up")
    }
    story.tell("the target has \(changeId)")
    if trouble == .unknownDone { return drop(index, "does not know what the target did") }
    workers[index].stage = .executed(
      after: defect == .copiesStaleSchema ? ProjectSchema() : after, lock: lock)
  }

  private mutating func recovered(
    _ index: Int, _ row: Int, _ intent: ProjectState.Intent, _ lock: String, _ isApplied: Bool
  ) {
    guard let other = database.requests.firstIndex(where: { $0.id == intent.request }) else { return }
    story.tell("worker \(workers[index].id): \(intent.changeId) is \(isApplied ? "applied" : "abandoned")")
    if isApplied {
      if let after = try? database.schema.applying(database.requests[other].changes) {
        _ = database.finish(other, token: lock, after: after)
      }
    } else if database.lockToken == lock || defect == .releaseWithoutToken {
      if defect == .releaseWithoutToken { database.status = "ready" }
      names += 1
      database.giveUp(other, token: lock, ends: other != row, fresh: "change \(intent.request)/\(names)")
    }
    if other == row, isApplied { drop(index, "has ended request \(row + 1)") } else { workers[index].stage = .look }
  }

  private mutating func takeTrouble() -> Trouble? {
    defer { trouble = nil }
    return trouble
  }

  // MARK: Rules

  mutating func settle(_ chance: inout Chance) -> Violation? {
    trouble = nil
    for index in workers.indices { workers[index].isFrozen = false }
    for _ in 0..<600 {
      guard database.requests.contains(where: \.isOpen) || workers.contains(where: { $0.claim != nil }) else {
        return nil
      }
      now += .seconds(2)
      for index in workers.indices { work(index) }
    }
    return Violation("every request ends", "\(database.requests.filter(\.isOpen).map(\.id)) are open")
  }

  func check() -> Violation? {
    if database.target == database.schema { return nil }
    // Ahead of the master only with an attempt that is written down, by exactly its change.
    let open = database.requests.first { $0.status == .applying }
    if let open, let intent = open.intent, database.ledger[intent.changeId] == .applied,
      (try? database.schema.applying(open.changes)) == database.target
    {
      return nil
    }
    return Violation("the target is never ahead of what is written down", "version \(database.version)")
  }

  func checkEnd() -> Violation? {
    guard database.target == database.schema else { return Violation("master and target agree", "they differ") }
    let applied = database.requests.filter { $0.status == .applied }
    guard database.version == Int32(applied.count) + 1 else {
      return Violation("each change counts once", "version \(database.version) after \(applied.count) changes")
    }
    return nil
  }
}

extension SchemaWorld.Stage {
  fileprivate var name: String {
    switch self {
    case .look: "the beginning"
    case .leased: "leased"
    case .executed: "executed"
    case .recovering: "recovering"
    case .recovered: "recovered"
    }
  }
}
