/// A conflict as it stands in its row: what whoever decides it has seen.
package struct ShownConflict: Hashable, Sendable {
  /// Sorted.
  package let fields: [String]
  /// What the edit wants.
  package let local: FieldValues
  /// What the record, or PEMS, had instead.
  package let remote: FieldValues
  /// Of the record; nil when the row names none.
  package let version: Int?

  package init(fields: [String], local: FieldValues, remote: FieldValues, version: Int?) {
    self.fields = fields
    self.local = local
    self.remote = remote
    self.version = version
  }

  /// The choice with a value for each conflicting field of the edit, and the fields about which it says nothing:
  /// somebody has to. PEMS' side of a field is the value that is shown. Sorted.
  package func completed(
    _ choice: ConflictResolution.Choice, of edit: DraftEdit
  ) -> (choice: ConflictResolution.Choice, undecided: [String]) {
    guard case .set(let values, let rest) = choice, rest != .mine else { return (choice, []) }
    var (all, undecided) = (values, [String]())
    for field in fields where edit.delta.known(field) != nil && values.known(field) == nil {
      if rest == .theirs, let shown = remote.known(field) { all[field] = shown } else { undecided.append(field) }
    }
    return (.set(all, rest: rest), undecided)
  }

  /// The fields of a patch whose present value nobody has seen here: others have edited them since. Sorted.
  ///
  /// Of a field that is not the edit's the row need not tell; then nothing at all may have changed since.
  package func unseen(_ patch: FieldValues, of edit: DraftEdit, on record: MirrorRecord) -> [String] {
    patch.fields.filter { field in
      let now = record.data[field]
      if now == local.known(field) || now == remote.known(field) { return false }
      return edit.delta.known(field) != nil || record.version != version
    }
  }

  /// The conflict as the record is now: its value where it is not the edit's, else PEMS' own.
  package func refreshed(_ unseen: [String], on record: MirrorRecord) -> ShownConflict {
    var remote = remote
    for field in Set(fields + local.fields + unseen) {
      let now = record.data[field]
      remote[field] = now == local.known(field) ? record.pending.known(field) ?? now : now
    }
    return ShownConflict(
      fields: Set(fields + unseen).sorted(), local: local, remote: remote, version: record.version)
  }
}
