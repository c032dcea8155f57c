/// What a committed edit wants of PEMS, and what our row says about it.
package struct PushEdit: Hashable, Sendable {
  /// The fields the edit is about.
  package var fields: [String]
  /// The effective record.
  package var effective: FieldValues
  /// PEMS' own values of overridden fields, as far as we know.
  package var pending: FieldValues
  /// What an attempt of unknown outcome may have put into PEMS.
  package var pushed: FieldValues
  /// The same of other edits of the record, which may have been sent before this one.
  package var othersPushed: [FieldValues]

  package init(
    fields: [String], effective: FieldValues, pending: FieldValues, pushed: FieldValues,
    othersPushed: [FieldValues] = []
  ) {
    self.fields = fields
    self.effective = effective
    self.pending = pending
    self.pushed = pushed
    self.othersPushed = othersPushed
  }

  /// The fields that PEMS must have our value of, sorted: those still pending, and those an open attempt has touched.
  package var concerned: [String] {
    Set(fields).filter { field in
      EditableField.relevant.contains(field) && (pending.known(field) != nil || pushed.known(field) != nil)
        // A record is discontinued, never brought back (W11).
        && (field != "isDiscontinued" || effective[field] == .yes)
    }.sorted()
  }

  /// Our values of these fields; null where there is none.
  package func ours(_ fields: [String]) -> FieldValues { effective.filled(fields) }

  /// PEMS' last known own values of these fields.
  package func known(_ fields: [String]) -> FieldValues { effective.overlaid(pending).filled(fields) }

  /// Every outcome has its conflict, also the one that no merge finds: PEMS changes faster than we can write (W3). It
  /// shows all that the edit still wants, since to take theirs gives all of it up. `upstream`: nil when PEMS has no
  /// such record, which says nothing about its values.
  package func conflict(_ kind: EditConflict.Kind, _ fields: [String], _ upstream: FieldValues?) -> PushConflict {
    let shown = Set(fields + concerned).sorted()
    return PushConflict(
      kind: kind, fields: fields, base: known(shown), local: ours(shown),
      remote: upstream.map { $0.filled(shown) } ?? known(shown))
  }

  /// Whether PEMS' value of a field is neither what we knew nor what we may have written ourselves (W4).
  fileprivate func isForeign(_ field: String, _ upstream: FieldValues) -> Bool {
    upstream[field] != (pending.known(field) ?? effective[field]) && upstream[field] != effective[field]
      && !([pushed] + othersPushed).contains { $0.known(field) == upstream[field] }
  }
}

/// Why a person must decide instead of PEMS being written.
package struct PushConflict: Hashable, Sendable {
  package let kind: EditConflict.Kind
  /// Sorted.
  package let fields: [String]
  /// These three tell of those, and of what else the edit wants.
  package let base: FieldValues
  package let local: FieldValues
  package let remote: FieldValues
}

/// The three-way merge before a push: what we know, what we want, what PEMS has now (W2, W4, W5). Pure.
package enum PushPlan: Hashable, Sendable {
  /// PEMS has every value already: nothing is to be sent.
  case confirmed
  /// Fields to change and their values; only ones that users may edit.
  case push(FieldValues)
  case conflict(PushConflict)

  /// `upstream`: PEMS' record; nil when it has none.
  package init(_ edit: PushEdit, upstream: FieldValues?) {
    let fields = edit.concerned
    guard !fields.isEmpty else {
      self = .confirmed
      return
    }
    guard let upstream else {
      self = .conflict(edit.conflict(.recordMissing, fields, nil))
      return
    }
    if upstream["isDiscontinued"] == .yes, edit.effective["isDiscontinued"] != .yes {
      self = .conflict(edit.conflict(.remoteDiscontinued, ["isDiscontinued"], upstream))
      return
    }
    let open = fields.filter { upstream[$0] != edit.effective[$0] }
    let overlap = open.filter { edit.isForeign($0, upstream) } + PushPlan.brokenStatements(edit, open, upstream)
    if !overlap.isEmpty {
      self = .conflict(edit.conflict(.fieldOverlap, Set(overlap).sorted(), upstream))
    } else if let group = PushPlan.unsound(edit, open, upstream) {
      self = .conflict(edit.conflict(.mergeInvalid, group.members.sorted(), upstream))
    } else {
      self = open.isEmpty ? .confirmed : .push(edit.ours(open))
    }
  }

  /// Fields of one statement of which we change some and somebody else has changed others. Of what a read has brought
  /// before, the read itself tells (apply_records.sql): here it is nothing foreign any more.
  private static func brokenStatements(_ edit: PushEdit, _ open: [String], _ upstream: FieldValues) -> [String] {
    EditableField.Group.allCases.filter { group in
      group.isOneStatement && group.members.contains { open.contains($0) }
        && group.members.contains { edit.isForeign($0, upstream) }
    }.flatMap { group in
      group.members.filter { open.contains($0) || edit.isForeign($0, upstream) }
    }
  }

  /// A group that we change and that would not be sound in PEMS afterwards, whoever changed the rest of it and
  /// whenever; nil when there is none. What PEMS itself leaves out is not the edit's fault.
  private static func unsound(_ edit: PushEdit, _ open: [String], _ upstream: FieldValues) -> EditableField.Group? {
    let merged = upstream.overlaid(edit.ours(open))
    return EditableField.Group.allCases.first { group in
      guard group.members.contains(where: { open.contains($0) }) else { return false }
      let before = EditRules.findings(in: upstream, group: group)
      return EditRules.findings(in: merged, group: group).contains {
        $0.code == EditCode.invalidDateOrder || !before.contains($0)
      }
    }
  }
}

extension FieldValues {
  /// Exactly these fields; null where there is no value.
  package func filled(_ fields: [String]) -> FieldValues {
    FieldValues(Dictionary(uniqueKeysWithValues: Set(fields).map { ($0, self[$0]) }))
  }
}
