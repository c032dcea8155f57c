/// What a committed edit wants of PEMS, and what our row says about it.
package struct PushEdit: Sendable, Equatable {
  /// The fields the edit is about.
  package var fields: [String]
  /// The effective record.
  package var effective: FieldValues
  /// PEMS' own values of overridden fields, as far as we know.
  package var pendingBase: FieldValues
  /// What an attempt of unknown outcome may have put into PEMS.
  package var pushed: FieldValues

  package init(fields: [String], effective: FieldValues, pendingBase: FieldValues, pushed: FieldValues) {
    self.fields = fields
    self.effective = effective
    self.pendingBase = pendingBase
    self.pushed = pushed
  }

  /// PEMS' last known own value of a field.
  func known(_ field: String) -> FieldValues { pendingBase.has(field) ? pendingBase : effective }
}

/// Why a person must decide instead of PEMS being written.
package struct PushConflict: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case fieldOverlap = "field_overlap"
    case mergeInvalid = "merge_invalid"
    case remoteDiscontinued = "remote_discontinued"
    case recordMissing = "record_missing"
  }

  package let kind: Kind
  package let fields: [String]
  package let base: FieldValues
  package let local: FieldValues
  package let remote: FieldValues
}

/// The three-way merge before a push: what we know, what we want, what PEMS has now (W2, W4, W5). Pure.
package enum PushPlan: Sendable, Equatable {
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
      self = .conflict(edit.conflict(.recordMissing, fields, FieldValues()))
      return
    }
    if upstream.isTrue("isDiscontinued"), !edit.effective.isTrue("isDiscontinued") {
      self = .conflict(edit.conflict(.remoteDiscontinued, fields, upstream))
      return
    }
    let open = fields.filter { !upstream.equals(edit.effective, $0) }
    let overlap = open.filter { field in
      // Our own earlier write is nobody else's change (W4).
      !upstream.equals(edit.known(field), field)
        && !(edit.pushed.has(field) && upstream.equals(edit.pushed, field))
    }
    guard overlap.isEmpty else {
      self = .conflict(edit.conflict(.fieldOverlap, overlap, upstream))
      return
    }
    guard !open.isEmpty else {
      self = .confirmed
      return
    }
    let clash = FieldGroup.clash(
      ours: Set(open), theirs: edit.changedUpstream(upstream), merged: upstream.overlaid(edit.effective.only(open)))
    self = clash.isEmpty ? .push(edit.effective.only(open)) : .conflict(edit.conflict(.mergeInvalid, clash, upstream))
  }
}

extension PushEdit {
  /// The fields that PEMS must have our value of: those still pending, and those an open attempt has touched.
  package var concerned: [String] {
    Set(fields).filter { field in
      EditableFields.keys.contains(field) && (pendingBase.has(field) || pushed.has(field))
        // A record is discontinued, never brought back (W11).
        && (field != "isDiscontinued" || effective.isTrue(field))
    }.sorted()
  }

  /// Every outcome has its conflict, also the one that no merge finds: PEMS changes faster than we can write (W3).
  package func conflict(_ kind: PushConflict.Kind, _ fields: [String], _ upstream: FieldValues) -> PushConflict {
    PushConflict(
      kind: kind, fields: fields, base: knownValues(fields), local: effective.only(fields), remote: upstream.only(fields))
  }

  /// PEMS' last known own values.
  package func knownValues(_ fields: [String]) -> FieldValues {
    var values = FieldValues()
    for field in fields { values[field] = known(field)[field] }
    return values
  }

  /// Fields that are not as we know them, without those of which PEMS has our own values.
  fileprivate func changedUpstream(_ upstream: FieldValues) -> Set<String> {
    upstream.fields.filter { field in
      field != "lastModified" && !upstream.equals(known(field), field) && !upstream.equals(effective, field)
        && !(pushed.has(field) && upstream.equals(pushed, field))
    }
  }
}

extension FieldValues {
  func isTrue(_ field: String) -> Bool { if case .bool(true) = self[field] { true } else { false } }
}
