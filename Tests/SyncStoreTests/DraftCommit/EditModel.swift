import SyncDomain

/// What records and edits must be after any history: a small model without versions, locks or messages.
///
/// One editable field and PEMS' word on it are enough to tell every rule apart; records have two, so that merges meet.
struct EditModel: Equatable {
  struct Record: Equatable {
    /// Effective values, and PEMS' own.
    var ours: [String: String]
    var theirs: [String: String]
    var isGone = false
  }

  struct Edit: Equatable {
    enum State: String { case draft, committed, conflict, superseded }

    let record: String
    let user: String
    let session: String
    var delta: [String: String]
    var base: [String: String]
    var state = State.draft
    /// The record held the edit's values once.
    var isInEffect = false
  }

  static let fields = ["dor", "manufacturer"]
  var records: [String: Record] = [:]
  /// In the order they were made.
  var edits: [Edit] = []

  mutating func draft(_ record: String, _ field: String, _ value: String, user: String, session: String) {
    guard let now = records[record] else { return }
    guard let index = edits.firstIndex(where: { $0.record == record && $0.session == session && $0.state == .draft })
    else {
      guard now.ours[field] != value else { return }
      edits.append(
        Edit(record: record, user: user, session: session, delta: [field: value], base: [field: now.ours[field] ?? ""]))
      return
    }
    if edits[index].base[field] == nil { edits[index].base[field] = now.ours[field] }
    edits[index].delta[field] = value
    edits[index].drop { $0.delta[$1] == $0.base[$1] }
    if edits[index].delta.isEmpty { edits.remove(at: index) }
  }

  mutating func discard(_ session: String) { edits.removeAll { $0.session == session && $0.state == .draft } }

  mutating func commit(_ session: String, partial: Bool) {
    let mine = edits.indices.filter { edits[$0].session == session && edits[$0].state == .draft }
    let bad = mine.filter { index in
      let (edit, record) = (edits[index], records[edits[index].record] ?? Record(ours: [:], theirs: [:]))
      return record.isGone
        || edit.delta.contains { record.ours[$0.key] != $0.value && record.ours[$0.key] != edit.base[$0.key] }
    }
    for index in bad { edits[index].state = .conflict }
    guard bad.isEmpty || partial else { return }
    for index in mine where !bad.contains(index) {
      let edit = edits[index]
      edits[index].isInEffect = edit.delta.contains { records[edit.record]?.ours[$0.key] != $0.value }
      for (field, value) in edit.delta { records[edit.record]?.ours[field] = value }
      edits[index].state = .committed
    }
  }

  /// PEMS says what it says; nil values: the record is discontinued.
  mutating func read(_ id: String, _ values: [String: String]?) {
    guard let before = records[id] else { return }
    var after = before
    if values == nil { after.isGone = true }
    var conflicts: Set<String> = []
    for (field, theirs) in values ?? before.theirs {
      let isPending = before.ours[field] != before.theirs[field]
      if !isPending { after.ours[field] = theirs }
      if isPending, theirs != before.theirs[field], theirs != before.ours[field] { conflicts.insert(field) }
      after.theirs[field] = theirs
    }
    let wasPending = before.ours != before.theirs
    for index in edits.indices where edits[index].record == id && edits[index].state == .committed {
      let overlaps = edits[index].delta.contains { conflicts.contains($0.key) && before.ours[$0.key] == $0.value }
      let isGone = values == nil && !before.isGone && wasPending && edits[index].isInEffect
      if overlaps || isGone { edits[index].state = .conflict }
    }
    records[id] = after
  }

  mutating func resolve(_ index: Int, mine: Bool) {
    let edit = edits[index]
    guard var record = records[edit.record] else { return }
    for (field, value) in edit.delta {
      if mine {
        record.ours[field] = value
      } else if edit.isInEffect, record.ours[field] == value {
        record.ours[field] = record.theirs[field]
      }
    }
    edits[index].state = mine ? .committed : .superseded
    if mine, record != records[edit.record] { edits[index].isInEffect = true }
    records[edit.record] = record
  }
}

extension EditModel.Edit {
  fileprivate mutating func drop(_ isDropped: (EditModel.Edit, String) -> Bool) {
    for field in delta.keys where isDropped(self, field) {
      delta[field] = nil
      base[field] = nil
    }
  }
}
