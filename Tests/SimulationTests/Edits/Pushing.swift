import SyncDomain

/// A push between two of its steps, any of which may be its last.
struct Pushing {
  enum Stage {
    case read
    case plan(Upstream.Record)
    case write(FieldValues, PushEdit, Upstream.Record)
    case finish(PushEdit, Upstream.Record, wasSent: Bool)
  }

  let id: Int
  var isFrozen = false
  var claim: (edit: Int, token: Int)?
  var stage = Stage.read
  /// Times the record was read again because somebody was faster.
  var rereads = 0
}

extension EditWorld {
  enum Trouble { case timeoutDone, timeoutUndone, unavailable }

  /// Calls to PEMS as the worker retries them, in simulated seconds.
  private static let policy = RetryPolicy(steps: [5, 10, 20], cap: 60, attempts: 5, jitter: 0.5)

  /// One step of a pusher: a claim, a call to PEMS or a transaction.
  mutating func push(_ index: Int, _ chance: inout Chance) {
    guard let claim = pushers[index].claim else {
      guard let key = database.claim(now: now) else { return }
      pushers[index] = Pushing(id: pushers[index].id)
      pushers[index].claim = (key, database.edits[key]?.token ?? 0)
      return story.tell("pusher \(pushers[index].id) claims edit \(key)")
    }
    let holds = database.holds(claim.edit, claim.token) || (defect == .unfencedFinish && isFinishing(index))
    guard let edit = database.edits[claim.edit], let record = upstream.records[edit.draft.mirrorId] else { return }
    switch pushers[index].stage {
    case .read:
      // PEMS asks for no token.
      if trouble != nil { return again(index, claim, holds, &chance) }
      pushers[index].stage = .plan(record)
    case .plan(let seen):
      guard holds, let push = database.load(claim.edit) else { return drop(index) }
      plan(index, claim.edit, push, seen)
    case .write(let values, let push, let seen):
      write(index, claim, values, push, seen, holds, &chance)
    case .finish(let push, let seen, let wasSent):
      guard holds else { return drop(index) }
      finish(index, claim.edit, push, seen, wasSent)
    }
  }

  private func isFinishing(_ index: Int) -> Bool {
    if case .finish = pushers[index].stage { true } else { false }
  }

  private mutating func drop(_ index: Int) {
    story.tell("pusher \(pushers[index].id) is fenced")
    pushers[index].claim = nil
  }

  private mutating func plan(_ index: Int, _ key: Int, _ push: PushEdit, _ seen: Upstream.Record) {
    switch PushPlan(push, upstream: seen.values) {
    case .confirmed: pushers[index].stage = .finish(push, seen, wasSent: false)
    case .push(let values):
      if defect != .forgetsSent { database.edits[key]?.pushed = values }
      noted[key] = values
      pushers[index].stage = .write(values, push, seen)
    case .conflict(let conflict): end(index, key, conflict, seen)
    }
  }

  private mutating func end(_ index: Int, _ key: Int, _ conflict: PushConflict, _ seen: Upstream.Record) {
    // What the last attempt of an open edit was about to send. Of earlier ones, whose lease ran out, nobody knows more.
    let sent = noted.filter { database.edits[$0.key]?.isOpen == true }.values
    let isOurs = conflict.fields.allSatisfy { field in
      seen.isOurs.contains(field) && sent.contains { $0.known(field) == seen.values[field] }
    }
    if conflict.kind == .fieldOverlap, isOurs {
      broken = Violation("our own write is no conflict", "edit \(key): \(conflict.fields)")
    }
    database.conflict(key, conflict)
    pushers[index].claim = nil
    story.tell("edit \(key) conflicts with PEMS: \(conflict.fields)")
  }

  private mutating func write(
    _ index: Int, _ claim: (edit: Int, token: Int), _ values: FieldValues, _ push: PushEdit, _ seen: Upstream.Record,
    _ holds: Bool, _ chance: inout Chance
  ) {
    guard let id = database.edits[claim.edit]?.draft.mirrorId, let record = upstream.records[id] else { return }
    if trouble == .unavailable || trouble == .timeoutUndone { return again(index, claim, holds, &chance) }
    guard record.counter == seen.counter || defect == .blindWrite else {
      pushers[index].rereads += 1
      guard pushers[index].rereads > 3 else {
        pushers[index].stage = .read
        return story.tell("pusher \(pushers[index].id): modified by another user")
      }
      guard holds else { return drop(index) }
      let conflict = push.conflict(.fieldOverlap, values.fields, seen.values)
      database.conflict(claim.edit, conflict)
      pushers[index].claim = nil
      return
    }
    let isSeen = values.fields.allSatisfy { record.values[$0] == seen.values[$0] }
    if !isSeen { broken = Violation("PEMS' own change is not overwritten", "edit \(claim.edit)") }
    if holds, !Set(values.fields).isDisjoint(with: Upstream.dates), Upstream.isReversed(seen.values.overlaid(values)) {
      broken = Violation("dates go out in order", "edit \(claim.edit): \(values.shown)")
    }
    // What a pusher that was taken for dead writes late is as foreign as anybody's: a person decides, nothing is lost.
    upstream.change(id, values, ours: holds, at: moment)
    story.tell("pusher \(pushers[index].id) writes \(values.shown) of \(id) into PEMS")
    if trouble == .timeoutDone { return again(index, claim, holds, &chance) }
    pushers[index].stage = .finish(push, seen, wasSent: true)
  }

  /// PEMS did not answer, or not well.
  private mutating func again(
    _ index: Int, _ claim: (edit: Int, token: Int), _ holds: Bool, _ chance: inout Chance
  ) {
    trouble = nil
    pushers[index].claim = nil
    guard holds, let edit = database.edits[claim.edit] else { return }
    if let delay = EditWorld.policy.delay(after: edit.attempt, using: &chance) {
      database.delay(claim.edit, until: now + Int(delay.rounded(.up)))
      story.tell("edit \(claim.edit) is tried again in \(Int(delay.rounded(.up))) s")
    } else {
      database.edits[claim.edit]?.state = .failed
      story.tell("edit \(claim.edit) has failed")
    }
  }

  /// As ``Push`` confirms.
  private mutating func finish(
    _ index: Int, _ key: Int, _ push: PushEdit, _ seen: Upstream.Record, _ wasSent: Bool
  ) {
    let fields = push.concerned
    let order =
      wasSent ? seen.order : SourceOrder(block: seen.order.block, index: seen.order.index &- 1)
    database.finish(
      key, push.ours(fields),
      hashes: (
        before: EditDatabase.hash(seen.values.overlaid(push.known(fields))),
        after: EditDatabase.hash(seen.values.overlaid(push.ours(fields)))
      ), order: order)
    pushers[index].claim = nil
    story.tell("edit \(key) is synced\(wasSent ? "" : ": PEMS had it")")
  }
}
