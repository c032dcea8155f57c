import SyncDomain

/// Users, pushes and reads around a few records: no lost edit, no lost update, no false conflict, and PEMS and we agree
/// in the end.
///
/// Real: commits and their merges, resolutions, what a push does, which read is newer, the times between tries. Models:
/// ``Upstream`` for PEMS and ``EditDatabase`` for SQL; the order of a push's steps is that of `Push`.
struct EditWorld: World {
  enum Action: CaseIterable {
    case upstreamEdit, read, deliver, draft, commit, resolve, push, pass
    case timeout, refuse, freeze, thaw, kill
  }

  enum Defect: CaseIterable {
    case commitWithoutBase, readOverwrites, blindWrite, forgetsSent, forgetsOthers, unfencedFinish, keepsOldContent
  }

  static let name = "edits"
  static let records = 2

  static func weight(_ action: Action) -> Int {
    switch action {
    case .push: 40
    case .draft, .commit: 10
    case .upstreamEdit, .read, .deliver: 8
    case .resolve: 4
    case .pass: 6
    case .timeout, .refuse, .freeze, .thaw, .kill: 3
    }
  }

  static func isFault(_ action: Action) -> Bool {
    switch action {
    case .upstreamEdit, .read, .deliver, .draft, .commit, .resolve, .push, .pass, .thaw: false
    case .timeout, .refuse, .freeze, .kill: true
    }
  }

  var story = Story()
  var now = 0
  var moment = 0
  var upstream = Upstream(records: EditWorld.records)
  var database: EditDatabase
  var pushers = (1...2).map { Pushing(id: $0) }
  var trouble: Trouble?
  var broken: Violation?
  /// What each edit's last attempt was about to send.
  var noted: [Int: FieldValues] = [:]
  let defect: Defect?
  private var reads: [(id: String, values: FieldValues, order: SourceOrder)] = []
  private var edits = 0
  private var versions: [String: Int] = [:]

  init(_ chance: inout Chance, defect: Defect?) {
    self.defect = defect
    database = EditDatabase(defect: defect)
    for (id, record) in upstream.records {
      database.rows[id] = EditDatabase.Row(
        record: MirrorRecord(id: id, pfaId: id, version: 1, data: record.values), order: record.order,
        hash: EditDatabase.hash(record.values))
    }
  }

  private var ids: [String] { upstream.records.keys.sorted() }

  mutating func perform(_ action: Action, _ chance: inout Chance) {
    moment += 1
    switch action {
    case .upstreamEdit:
      guard let id = chance.pick(ids), let field = chance.pick(Upstream.fields) else { return }
      let value = Upstream.value(field, &chance)
      guard upstream.records[id]?.values[field] != value else { return }
      upstream.change(id, FieldValues([field: value]), ours: false, at: moment)
      story.tell("PEMS: somebody sets \(field) of \(id) to \(value.shown)")
    case .read:
      guard let id = chance.pick(ids), let record = upstream.records[id] else { return }
      reads.append((id, record.values, record.order))
    case .deliver:
      guard let index = chance.pick(reads.indices) else { return }
      // Messages come in any order, and some more than once.
      let read = chance.isOne(in: 3) ? reads[index] : reads.remove(at: index)
      database.read(read.id, read.values, read.order, overwrites: defect == .readOverwrites)
      story.tell("a read of \(read.id) at \(read.order.index) arrives")
    case .draft: draft(&chance)
    case .commit: commit(&chance)
    case .resolve: resolve(&chance)
    case .push: if let index = chance.pick(pushers.indices), !pushers[index].isFrozen { push(index, &chance) }
    case .pass: now += 1 + chance.below(20)
    case .timeout: trouble = chance.isOne(in: 2) ? .timeoutDone : .timeoutUndone
    case .refuse: trouble = .unavailable
    case .freeze: if let index = chance.pick(pushers.indices) { pushers[index].isFrozen = true }
    case .thaw: if let index = chance.pick(pushers.indices) { pushers[index].isFrozen = false }
    case .kill:
      guard let index = chance.pick(pushers.indices) else { return }
      story.tell("pusher \(pushers[index].id) is killed")
      pushers[index] = Pushing(id: pushers[index].id + 2)
    }
  }

  // MARK: Users

  private mutating func draft(_ chance: inout Chance) {
    guard let id = chance.pick(ids), let record = database.seen(id) else { return }
    let session = CommitFold.Session(id: "s\(chance.below(2))", user: "ann")
    let has = database.edits.values.contains {
      $0.state == .draft && $0.session == session && $0.draft.mirrorId == id
    }
    guard !has else { return }
    var delta = FieldValues()
    for _ in 0...chance.below(2) {
      guard let field = chance.pick(Upstream.fields) else { return }
      let value = Upstream.value(field, &chance)
      if value != record.data[field] { delta[field] = value }
    }
    guard !delta.isEmpty else { return }
    edits += 1
    let others = Upstream.fields.filter { delta.known($0) == nil }
    let edit = DraftEdit(
      id: "\(edits)", mirrorId: id, delta: delta, base: record.data.all(delta.fields), context: record.data.all(others),
      baseVersion: record.version)
    database.edits[edits] = EditDatabase.Edit(draft: edit, session: session, delta: delta, base: edit.base)
    story.tell("\(session.id) drafts edit \(edits) of \(id): \(delta.shown) over \(edit.base.shown)")
  }

  private mutating func commit(_ chance: inout Chance) {
    let keys = database.edits.keys.filter { database.edits[$0]?.state == .draft }.sorted()
    guard let key = chance.pick(keys), let session = database.edits[key]?.session else { return }
    let drafts = keys.compactMap { database.edits[$0] }.filter { $0.session == session }.map(\.draft)
    var fold = CommitFold(
      records: ids.compactMap { database.seen($0) }, drafts: [session: drafts], editors: ["ann"])
    let outcome = fold.commit(
      DraftCommitRequest(
        organization: "RIO", commitId: "c", userId: session.user, sessionId: session.id, partial: chance.isOne(in: 2)))
    for applied in outcome.applied {
      let wasSeen = applied.patch.fields.allSatisfy { applied.replaced[$0] == applied.edit.base[$0] }
      if !wasSeen { broken = Violation("no edit overwrites what its user did not see", "edit \(applied.edit.id)") }
      take(Int(applied.edit.id) ?? 0, applied.patch, applied.record)
    }
    for conflicted in outcome.conflicted {
      guard let key = Int(conflicted.edit.id) else { continue }
      if defect == .commitWithoutBase, let seen = database.seen(conflicted.edit.mirrorId) {
        var record = seen
        record.apply(conflicted.edit.delta)
        let isSeen = conflicted.edit.delta.fields.allSatisfy { seen.data[$0] == conflicted.edit.base[$0] }
        if !isSeen { broken = Violation("no edit overwrites what its user did not see", "edit \(key)") }
        take(key, conflicted.edit.delta, record)
      } else {
        database.edits[key]?.state = .conflict
        story.tell("edit \(key) conflicts: \(conflicted.conflict.fields)")
      }
    }
  }

  /// Brings an edit into effect.
  private mutating func take(_ key: Int, _ patch: FieldValues, _ record: MirrorRecord) {
    database.rows[record.id]?.record = record
    for field in patch.fields { database.rows[record.id]?.writers[field] = key }
    database.edits[key]?.state = .committed
    if !patch.isEmpty { database.edits[key]?.isInEffect = true }
    database.edits[key]?.committedAt = moment
    database.edits[key]?.dueAt = now
    story.tell("edit \(key) is in effect: \(patch.shown), pending \(record.pending.shown)")
  }

  private mutating func resolve(_ chance: inout Chance) {
    let keys = database.edits.keys.filter { database.edits[$0]?.state == .conflict }.sorted()
    guard let key = chance.pick(keys), let edit = database.edits[key], let record = database.seen(edit.draft.mirrorId)
    else { return }
    let choice: ConflictResolution.Choice = chance.isOne(in: 2) ? .mine : .theirs
    let current = DraftEdit(
      id: edit.draft.id, mirrorId: edit.draft.mirrorId, delta: edit.delta, base: edit.base,
      baseVersion: edit.draft.baseVersion)
    guard let resolution = try? ConflictResolution(choice, of: current, isInEffect: edit.isInEffect, on: record) else {
      return
    }
    story.tell("edit \(key) is resolved: \(choice.name)")
    if resolution.isPushed {
      database.edits[key]?.delta = resolution.delta
      database.edits[key]?.base = resolution.base
      take(key, resolution.patch, resolution.record)
      for field in resolution.delta.fields { database.rows[record.id]?.writers[field] = key }
    } else {
      database.rows[record.id]?.record = resolution.record
      for field in resolution.patch.fields { database.rows[record.id]?.writers[field] = nil }
      database.edits[key]?.state = .superseded
    }
  }

  // MARK: Rules

  mutating func settle(_ chance: inout Chance) -> Violation? {
    trouble = nil
    for index in pushers.indices { pushers[index].isFrozen = false }
    for read in reads { database.read(read.id, read.values, read.order, overwrites: defect == .readOverwrites) }
    for _ in 0..<500 {
      now += 3
      moment += 1
      for index in pushers.indices { push(index, &chance) }
      if broken != nil { return broken }
      let isBusy = database.edits.values.contains { edit in
        edit.state == .syncing || (edit.state == .committed && !waits(edit))
      }
      if !isBusy && pushers.allSatisfy({ $0.claim == nil }) { break }
    }
    for (id, record) in upstream.records.sorted(by: { $0.key < $1.key }) {
      database.read(id, record.values, record.order, overwrites: defect == .readOverwrites)
    }
    return nil
  }

  /// Behind a conflict over the same fields, which a person must decide first.
  private func waits(_ edit: EditDatabase.Edit) -> Bool {
    database.edits.values.contains {
      $0.state == .conflict && $0.draft.mirrorId == edit.draft.mirrorId
        && !Set($0.delta.fields).isDisjoint(with: edit.delta.fields)
    }
  }

  func check() -> Violation? {
    if let broken { return broken }
    for (key, edit) in database.edits {
      if let step = edit.broken { return Violation("states follow each other", "edit \(key): \(step)") }
    }
    for (id, row) in database.rows {
      let flying = database.edits(of: id).filter { database.edits[$0]?.state == .syncing }
      if flying.count > 1 { return Violation("one push in flight per record", "\(flying) of \(id)") }
      for (field, key) in row.writers {
        guard let edit = database.edits[key], edit.isOpen, row.record.data[field] != edit.delta[field] else { continue }
        return Violation("no edit is lost", "\(field) of \(id) is \(row.record.data[field].shown), not edit \(key)'s")
      }
    }
    return nil
  }

  func checkEnd() -> Violation? {
    for (id, record) in upstream.records {
      guard let row = database.rows[id] else { continue }
      let theirs = row.record.data.overlaid(row.record.pending)
      let open = database.edits(of: id).compactMap { database.edits[$0] }.filter(\.isOpen)
      for field in Upstream.fields {
        let isHeld = open.contains { $0.delta.known(field) != nil }
        if theirs[field] != record.values[field], !isHeld || row.record.pending.known(field) == nil {
          return Violation(
            "PEMS and we agree in the end",
            "\(field) of \(id): \(record.values[field].shown) there, \(theirs[field].shown) here")
        }
      }
      for (field, key) in row.writers {
        guard let edit = database.edits[key], edit.state == .synced else { continue }
        if !upstream.had(id, field, edit.delta[field], since: edit.committedAt) {
          return Violation("what is synced was in PEMS", "\(field) of \(id), edit \(key)")
        }
      }
    }
    return nil
  }
}

extension FieldValues {
  var shown: String { fields.map { "\($0) \(self[$0].shown)" }.joined(separator: ", ") }
}
