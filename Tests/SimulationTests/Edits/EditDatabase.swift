import SyncDomain

/// A model of the rows of edits: records with PEMS' values beneath, modifications with their states and tokens.
///
/// It stands for apply_records with pfa_merge_read, write_edits, claim_pushes, note_push, finish_push, conflict_push,
/// delay_push and fail_push. What a commit, a resolution, a push or an order decides is the product's own code.
struct EditDatabase {
  enum State: String { case draft, committed, syncing, synced, conflict, failed, superseded }

  struct Row {
    var record: MirrorRecord
    var order: SourceOrder
    /// Of PEMS' content as far as we know it; nil: we do not.
    var hash: Int64?
    /// The edit that gave a field its present value and still answers for it.
    var writers: [String: Int] = [:]
  }

  struct Edit {
    let draft: DraftEdit
    let session: CommitFold.Session
    var delta: FieldValues
    var base: FieldValues
    var state = State.draft {
      didSet { if !EditDatabase.follows(state, oldValue) { broken = "\(oldValue.rawValue) → \(state.rawValue)" } }
    }
    var broken: String?
    var isInEffect = false
    var committedAt = 0
    var token = 0
    var leaseUntil = 0
    var dueAt = 0
    var attempt = 0
    var pushed = FieldValues()

    var isOpen: Bool { [.committed, .syncing, .conflict, .failed].contains(state) }
  }

  static let lease = 12

  var rows: [String: Row] = [:]
  var edits: [Int: Edit] = [:]
  let defect: EditWorld.Defect?

  init(defect: EditWorld.Defect?) { self.defect = defect }

  /// The states of domain.md section 2.
  private static func follows(_ new: State, _ old: State) -> Bool {
    switch (old, new) {
    case (.draft, .committed), (.draft, .conflict), (.committed, .syncing), (.committed, .conflict),
      (.syncing, .synced),
      (.syncing, .conflict), (.syncing, .committed), (.syncing, .failed), (.conflict, .committed),
      (.conflict, .superseded), (.failed, .committed), (.failed, .superseded):
      true
    default: old == new
    }
  }

  static func hash(_ values: FieldValues) -> Int64 { Int64(bitPattern: XXH64.hash(values.encoded())) }

  /// Ids of the edits of a record, in order.
  func edits(of record: String) -> [Int] { edits.keys.filter { edits[$0]?.draft.mirrorId == record }.sorted() }

  /// A record as decisions see it now.
  func seen(_ id: String) -> MirrorRecord? {
    rows[id].map { row in
      let flying = edits(of: id).flatMap { key -> [String] in
        guard let edit = edits[key] else { return [] }
        return edit.state == .syncing ? edit.delta.fields : edit.pushed.fields
      }
      return MirrorRecord(
        id: id, pfaId: id, version: row.record.version, data: row.record.data, pending: row.record.pending,
        inFlight: Set(flying))
    }
  }

  // MARK: Reads

  mutating func read(_ id: String, _ theirs: FieldValues, _ order: SourceOrder, overwrites: Bool = false) {
    guard let row = rows[id] else { return }
    let hash = EditDatabase.hash(theirs)
    let existing = OrderDecision.Existing(order: row.order, hash: row.hash ?? ~hash)
    switch OrderDecision.decide(existing: existing, order: order, hash: hash) {
    case .insert, .stale, .unchanged: return
    case .advance: rows[id]?.order = order
    case .update: merge(id, row, theirs, order, hash, overwrites)
    }
  }

  private mutating func merge(
    _ id: String, _ row: Row, _ theirs: FieldValues, _ order: SourceOrder, _ hash: Int64, _ overwrites: Bool
  ) {
    var data = theirs
    var pending = FieldValues()
    var conflicts: [String] = []
    var writers = row.writers
    for field in row.record.pending.fields where !overwrites {
      let ours = row.record.data[field]
      if theirs[field] == ours {
        writers[field] = nil
        continue
      }
      data[field] = ours
      pending[field] = row.record.pending[field]
      if theirs[field] != row.record.pending[field] { conflicts.append(field) }
    }
    for field in theirs.fields where row.record.pending.known(field) == nil && theirs[field] != row.record.data[field] {
      writers[field] = nil
    }
    let all = edits(of: id)
    let own = conflicts.filter { field in all.contains { edits[$0]?.pushed.known(field) == theirs[field] } }
    var told: Set<String> = []
    for key in all {
      guard let edit = edits[key], [.committed, .syncing, .conflict].contains(edit.state) else { continue }
      let overlap = conflicts.filter {
        edit.delta.known($0) == row.record.data[$0] && !own.contains($0)
      }
      guard !overlap.isEmpty else { continue }
      edits[key]?.state = .conflict
      edits[key]?.token += 1
      told.formUnion(overlap)
    }
    for field in told { pending[field] = theirs[field] }
    var record = row.record
    record.data = data
    record.pending = pending
    record.version += 1
    rows[id] = Row(record: record, order: order, hash: hash, writers: writers)
  }

  // MARK: Pushes

  /// Claims a due edit or one whose worker went silent.
  mutating func claim(now: Int) -> Int? {
    let due = edits.keys.sorted().first { key in
      guard let edit = edits[key] else { return false }
      if edit.state == .syncing { return edit.leaseUntil < now }
      guard edit.state == .committed, edit.dueAt <= now else { return false }
      return !edits(of: edit.draft.mirrorId).contains { other in
        guard other != key, let open = edits[other] else { return false }
        return open.state == .syncing
          || (open.state == .conflict && !Set(open.delta.fields).isDisjoint(with: edit.delta.fields))
      }
    }
    guard let due, let edit = edits[due] else { return nil }
    if edit.state == .committed { edits[due]?.attempt += 1 }
    edits[due]?.state = .syncing
    edits[due]?.token += 1
    edits[due]?.leaseUntil = now + EditDatabase.lease
    return due
  }

  func holds(_ key: Int, _ token: Int) -> Bool { edits[key]?.state == .syncing && edits[key]?.token == token }

  func load(_ key: Int) -> PushEdit? {
    guard let edit = edits[key], let row = rows[edit.draft.mirrorId] else { return nil }
    let others = edits(of: edit.draft.mirrorId).filter { $0 != key }.compactMap { edits[$0] }
    return PushEdit(
      fields: edit.delta.fields, effective: row.record.data, pending: row.record.pending, pushed: edit.pushed,
      othersPushed: defect == .forgetsOthers ? [] : others.filter { $0.isOpen && !$0.pushed.isEmpty }.map(\.pushed))
  }

  mutating func finish(
    _ key: Int, _ values: FieldValues, hashes: (before: Int64, after: Int64), order: SourceOrder?
  ) {
    guard let edit = edits[key], var row = rows[edit.draft.mirrorId] else { return }
    edits[key]?.state = .synced
    edits[key]?.pushed = FieldValues()
    let others = edits(of: edit.draft.mirrorId).filter { $0 != key }.compactMap { edits[$0] }
      .filter { [.committed, .conflict, .failed].contains($0.state) }
    let known = row.record.pending
    row.record.pending = FieldValues(
      known.overlaid(values).members.filter { field, value in
        let isHeld = others.contains { $0.delta.known(field) != nil }
        return value != row.record.data[field]
          ? isHeld || known.known(field) != nil : isHeld && values.known(field) == nil
      })
    let follows = values.members.contains { field, value in
      value != row.record.data[field] && known.known(field) == nil
    }
    row.hash = row.hash == hashes.before && !follows ? hashes.after : defect == .keepsOldContent ? row.hash : nil
    if let order, order > row.order {
      row.order = order
    } else if let order, order < row.order, values.fields.contains(where: { known.known($0) != nil }) {
      // A read that saw PEMS after the push says otherwise.
      row.order = SourceOrder(block: row.order.block, index: row.order.index - 1)
      row.hash = nil
    }
    rows[edit.draft.mirrorId] = row
  }

  mutating func conflict(_ key: Int, _ conflict: PushConflict) {
    guard let edit = edits[key], var row = rows[edit.draft.mirrorId] else { return }
    edits[key]?.state = .conflict
    edits[key]?.pushed = FieldValues()
    let known = row.record.pending
    for field in conflict.remote.fields where known.known(field) != nil {
      row.record.pending[field] = conflict.remote[field]
    }
    if row.record.pending != known, defect != .keepsOldContent { row.hash = nil }
    rows[edit.draft.mirrorId] = row
  }

  mutating func delay(_ key: Int, until: Int) {
    edits[key]?.state = .committed
    edits[key]?.dueAt = until
  }
}
