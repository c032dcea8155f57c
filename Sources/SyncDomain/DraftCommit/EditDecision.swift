/// A record as a decision sees it.
package struct MirrorRecord: Hashable, Sendable {
  package let id: String
  package let pfaId: String
  package var version: Int
  /// The effective values.
  package var data: FieldValues
  /// PEMS' own values of the fields that committed edits hold.
  package var pending: FieldValues
  /// Fields that a push may be changing in PEMS at this moment.
  package let inFlight: Set<String>

  package init(
    id: String, pfaId: String, version: Int, data: FieldValues, pending: FieldValues = FieldValues(),
    inFlight: Set<String> = []
  ) {
    self.id = id
    self.pfaId = pfaId
    self.version = version
    self.data = data
    self.pending = pending
    self.inFlight = inFlight
  }

  package var isDiscontinued: Bool { data["isDiscontinued"] == .yes }

  /// Brings an edit into effect: PEMS' value of a field is the one that its first edit replaced; a field that is
  /// edited back to it is an edit no more, unless a push may have given PEMS another one.
  package mutating func apply(_ patch: FieldValues) {
    guard !patch.isEmpty else { return }
    for field in patch.fields {
      let theirs = pending.known(field) ?? data[field]
      if theirs == patch[field], !inFlight.contains(field) {
        pending.remove(field)
      } else {
        pending[field] = theirs
      }
    }
    data = data.overlaid(patch)
    version += 1
  }
}

/// An edit of one record: what the user saw and wants.
package struct DraftEdit: Hashable, Sendable {
  package let id: String
  package let mirrorId: String
  package let delta: FieldValues
  /// What the user saw in the edited fields; a field that is not there: nobody remembers.
  package let base: FieldValues
  /// The same for the fields that must fit the edited ones.
  package let context: FieldValues
  package let baseVersion: Int

  package init(
    id: String, mirrorId: String, delta: FieldValues, base: FieldValues, context: FieldValues = FieldValues(),
    baseVersion: Int
  ) {
    self.id = id
    self.mirrorId = mirrorId
    self.delta = delta
    self.base = base
    self.context = context
    self.baseVersion = baseVersion
  }
}

/// Why an edit waits for somebody's decision.
package struct EditConflict: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case fieldOverlap = "field_overlap"
    case mergeInvalid = "merge_invalid"
    case remoteDiscontinued = "remote_discontinued"
    case recordMissing = "record_missing"
  }

  package let kind: Kind
  /// Sorted.
  package let fields: [String]

  package init(_ kind: Kind, _ fields: some Sequence<String>) {
    self.kind = kind
    self.fields = Set(fields).sorted()
  }
}

/// What becomes of an edit that is committed to a record: the three-way merge of domain.md section 2.
package enum EditDecision: Hashable, Sendable {
  /// The fields that change; none when the record has the edit's values already.
  case apply(FieldValues)
  case conflict(EditConflict)
  case refuse([EditRules.Finding])

  /// Per field: as the user saw it, the edit is taken; as the edit wants it, nothing is to be done; anything else is an
  /// overlap. Then what belongs together must fit.
  package static func decide(_ edit: DraftEdit, on record: MirrorRecord) -> EditDecision {
    let findings = EditRules.findings(in: edit.delta)
    guard findings.isEmpty else { return .refuse(findings) }
    if record.isDiscontinued, edit.delta["isDiscontinued"] != .yes {
      // Discontinued behind the user's back, or edited all the same.
      return edit.baseVersion == record.version
        ? .refuse([EditRules.Finding("isDiscontinued", EditCode.businessRuleViolation)])
        : .conflict(EditConflict(.remoteDiscontinued, ["isDiscontinued"]))
    }
    var patch = FieldValues()
    var overlap: [String] = []
    for field in edit.delta.fields where edit.delta[field] != record.data[field] {
      if edit.base.known(field) == record.data[field] {
        patch[field] = edit.delta[field]
      } else {
        overlap.append(field)
      }
    }
    let touched = EditableField.Group.allCases.filter { $0.members.contains { patch.known($0) != nil } }
    for group in touched where group.isOneStatement {
      let moved = moved(group, edit, record)
      if !moved.isEmpty { overlap += moved + group.members.filter { patch.known($0) != nil } }
    }
    guard overlap.isEmpty else { return .conflict(EditConflict(.fieldOverlap, overlap)) }
    return check(patch, touched, edit, record)
  }

  /// Members of a group that somebody else changed since the user saw them, the edited ones left out.
  private static func moved(_ group: EditableField.Group, _ edit: DraftEdit, _ record: MirrorRecord) -> [String] {
    group.members.filter { field in
      guard edit.delta.known(field) == nil else { return false }
      guard let seen = edit.context.known(field) else { return false }
      return seen != record.data[field]
    }
  }

  /// Whether the record is sound after the edit. What was missing before it is not the edit's fault.
  private static func check(
    _ patch: FieldValues, _ touched: [EditableField.Group], _ edit: DraftEdit, _ record: MirrorRecord
  ) -> EditDecision {
    let merged = record.data.overlaid(patch)
    for group in touched {
      let before = EditRules.findings(in: record.data, group: group)
      let findings = EditRules.findings(in: merged, group: group).filter {
        $0.code == EditCode.invalidDateOrder || !before.contains($0)
      }
      guard !findings.isEmpty else { continue }
      // Sound as the user saw it: then it is the two changes together that make no sense.
      let seen = record.data.overlaid(edit.context).overlaid(edit.delta)
      let isTheirs = EditRules.findings(in: seen, group: group).isEmpty
      return isTheirs ? .conflict(EditConflict(.mergeInvalid, group.members)) : .refuse(findings)
    }
    return .apply(patch)
  }
}
