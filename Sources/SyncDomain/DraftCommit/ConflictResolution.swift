/// A conflict decided: what becomes of the record and of the edit. Pure.
package struct ConflictResolution: Hashable, Sendable {
  /// What the person chose.
  package enum Choice: Hashable, Sendable {
    /// The edit, on top of what PEMS says now.
    case mine
    /// The record without the edit.
    case theirs
    /// The edit with these values instead of its own. `rest` decides the conflicting fields that have none here; nil:
    /// there must be none.
    case set(FieldValues, rest: Side? = nil)

    package enum Side: Hashable, Sendable { case mine, theirs }

    package var name: String {
      switch self {
      case .mine: "mine"
      case .theirs: "theirs"
      case .set: "set"
      }
    }
  }

  /// The fields of the record that change.
  package let patch: FieldValues
  /// The record afterwards.
  package let record: MirrorRecord
  /// The edit afterwards: what it wants, and what PEMS says of these fields.
  package let delta: FieldValues
  package let base: FieldValues
  /// The edit goes on to PEMS; else it is given up.
  package let isPushed: Bool

  package enum Refusal: Error, Hashable, Sendable { case invalid([EditRules.Finding]) }

  /// - Parameter isInEffect: the record has the edit's values already, because PEMS changed them after the commit.
  ///
  /// Throws when the record would not be sound.
  package init(
    _ choice: Choice, of edit: DraftEdit, isInEffect: Bool, on record: MirrorRecord
  ) throws(Refusal) {
    var wanted = edit.delta
    if case .set(let values, _) = choice { wanted = wanted.overlaid(values) }
    if choice == .theirs {
      // What others have edited since stays as they left it.
      patch = FieldValues(
        Dictionary(
          uniqueKeysWithValues: edit.delta.fields.compactMap { field in
            guard isInEffect, record.data[field] == edit.delta[field] else { return nil }
            return record.pending.known(field).map { (field, $0) }
          }))
      delta = edit.delta
      base = edit.base
      isPushed = false
    } else {
      patch = FieldValues(wanted.members.filter { record.data[$0.key] != $0.value })
      delta = wanted
      base = FieldValues(
        Dictionary(
          uniqueKeysWithValues: wanted.fields.map { ($0, record.pending.known($0) ?? record.data[$0]) }))
      isPushed = true
      let merged = record.data.overlaid(patch)
      let findings =
        EditRules.findings(in: wanted)
        + EditableField.Group.allCases.filter { $0.members.contains { wanted.known($0) != nil } }.flatMap {
          EditRules.findings(in: merged, group: $0)
        }
      guard findings.isEmpty else { throw .invalid(findings) }
    }
    var after = record
    after.apply(patch)
    // Nobody pushes what is given up: whatever an attempt has left in PEMS, the record follows PEMS again.
    if choice == .theirs { for field in patch.fields { after.pending.remove(field) } }
    self.record = after
  }
}
