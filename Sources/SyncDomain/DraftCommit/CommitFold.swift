/// What became of the commit of a session.
package struct CommitOutcome: Sendable, Equatable {
  /// An edit that is in effect.
  package struct Applied: Sendable, Equatable {
    package let edit: DraftEdit
    /// Empty: the record had the edit's values already.
    package let patch: FieldValues
    /// What the record held in the fields of the patch.
    package let replaced: FieldValues
    /// The record afterwards.
    package let record: MirrorRecord
  }

  /// An edit that somebody has to decide about, with the record it met.
  package struct Conflicted: Sendable, Equatable {
    package let edit: DraftEdit
    package let conflict: EditConflict
    package let record: MirrorRecord
  }

  /// An edit that is refused and stays a draft.
  package struct Refused: Sendable, Equatable {
    package let edit: DraftEdit
    package let pfaId: String
    package let findings: [EditRules.Finding]
  }

  package let request: DraftCommitRequest
  package var applied: [Applied] = []
  package var conflicted: [Conflicted] = []
  package var refused: [Refused] = []
  /// Edits that could have been applied and stay drafts, because others could not.
  package var held = 0
  /// The user may not write in this organization (any more).
  package var isForbidden = false
  /// Nobody may, while the organization is suspended.
  package var isSuspended = false

  package init(_ request: DraftCommitRequest) { self.request = request }

  /// Edits of the session.
  package var received: Int { applied.count + conflicted.count + refused.count + held }
  package var discontinued: Int { applied.count { $0.patch.known("isDiscontinued") != nil } }
  package var unchanged: Int { held + applied.count { $0.patch.isEmpty } }
  package var updated: Int { applied.count - discontinued - applied.count { $0.patch.isEmpty } }

  /// Nil when everything is in effect; also when a partial commit left something.
  package var errorCode: String? {
    if isForbidden { return EditCode.forbidden }
    if request.partial { return nil }
    if !conflicted.isEmpty { return EditCode.conflict }
    return refused.first?.findings.first?.code
  }

  /// `clean`, `with_conflicts`, `with_rejects`; nil when the commit failed.
  package var result: String? {
    if errorCode != nil { return nil }
    return !conflicted.isEmpty ? "with_conflicts" : !refused.isEmpty ? "with_rejects" : "clean"
  }

  /// One line that lists what stands in the way; nil when nothing does. Names no values.
  package var errorMessage: String? {
    if isSuspended { return "organization \(request.organization) is suspended" }
    if isForbidden { return "user \(request.userId) has no write permission in \(request.organization)" }
    let lines =
      conflicted.map {
        "\($0.record.pfaId) (\($0.conflict.kind.rawValue): \($0.conflict.fields.joined(separator: ", ")))"
      }
      + refused.map { refused in
        "\(refused.pfaId) (\(refused.findings.map { "\($0.code) \($0.field)" }.joined(separator: ", ")))"
      }
    guard !lines.isEmpty else { return nil }
    let more = lines.count > 20 ? " and \(lines.count - 20) more" : ""
    let what = request.partial ? "left out" : "nothing was applied"
    let edits = received == 1 ? "" : "\(lines.count) of \(received) edits, "
    return "\(edits)\(what): \(lines.prefix(20).joined(separator: "; "))\(more)"
  }
}

/// Commits of an organization in the order they arrived, over the records they touch: each sees the effects of those
/// before it. Pure: what is to be written follows from the outcomes.
package struct CommitFold: Sendable {
  package struct Session: Hashable, Sendable {
    package let id: String
    package let user: String

    package init(id: String, user: String) {
      self.id = id
      self.user = user
    }
  }

  package private(set) var records: [String: MirrorRecord]
  /// Drafts that no commit has taken yet.
  package private(set) var drafts: [Session: [DraftEdit]]
  private let editors: Set<String>
  private let isSuspended: Bool

  /// - Parameters:
  ///   - records: by id; every record that a draft edits.
  ///   - editors: users who may write.
  ///   - isSuspended: the organization is, so that nobody may.
  package init(
    records: [MirrorRecord], drafts: [Session: [DraftEdit]], editors: Set<String>, isSuspended: Bool = false
  ) {
    self.records = Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
    self.drafts = drafts
    self.editors = editors
    self.isSuspended = isSuspended
  }

  /// Decides a commit and brings what it applies into effect.
  package mutating func commit(_ request: DraftCommitRequest) -> CommitOutcome {
    let session = Session(id: request.sessionId, user: request.userId)
    var outcome = CommitOutcome(request)
    // A draft that was made after the records were locked is not part of this commit.
    let met = drafts[session, default: []].compactMap { edit in records[edit.mirrorId].map { (edit, $0) } }
    guard !isSuspended, editors.contains(request.userId) else {
      outcome.isForbidden = true
      outcome.isSuspended = isSuspended
      let finding = EditRules.Finding("userId", EditCode.forbidden)
      outcome.refused = met.map { CommitOutcome.Refused(edit: $0.0, pfaId: $0.1.pfaId, findings: [finding]) }
      return outcome
    }
    var clean: [(edit: DraftEdit, record: MirrorRecord, patch: FieldValues)] = []
    var left: [DraftEdit] = []
    for (edit, record) in met {
      switch EditDecision.decide(edit, on: record) {
      case .apply(let patch): clean.append((edit, record, patch))
      case .conflict(let conflict):
        outcome.conflicted.append(CommitOutcome.Conflicted(edit: edit, conflict: conflict, record: record))
      case .refuse(let findings):
        outcome.refused.append(CommitOutcome.Refused(edit: edit, pfaId: record.pfaId, findings: findings))
        left.append(edit)
      }
    }
    if request.partial || (outcome.conflicted.isEmpty && outcome.refused.isEmpty) {
      for (edit, record, patch) in clean {
        let replaced = record.data.all(patch.fields)
        var record = record
        record.apply(patch)
        records[record.id] = record
        outcome.applied.append(CommitOutcome.Applied(edit: edit, patch: patch, replaced: replaced, record: record))
      }
    } else {
      outcome.held = clean.count
      left += clean.map(\.edit)
    }
    drafts[session] = left
    return outcome
  }
}
