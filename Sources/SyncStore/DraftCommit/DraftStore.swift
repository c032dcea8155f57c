import Postgres
import SQLCatalog
import SyncDomain

/// Drafts as an application makes and ends them, through the functions of the contract, on behalf of a user.
package enum DraftStore {
  /// What a draft would come to.
  package struct Forecast: Sendable {
    package let outcome: CommitOutcome
    /// The record's present version and the fields a read has changed under the draft, by edit.
    package let marks: [String: (version: Int, remote: [String])]
    /// Change of each group's totals, if everything that can be applied is: columns of
    /// `pfa_kpi_summary`.
    package let totals: PGResult
  }

  /// Creates or extends a draft; nil when nothing differs from what the user saw. `isFound` false: there is no such
  /// record. Base version nil: the present one. Throws PGError with the functions' SQLSTATEs.
  package static func create(
    _ session: PGSession, organization: String, pfaId: String, user: String, session id: String, delta: FieldValues,
    baseVersion: Int64?
  ) throws -> (isFound: Bool, id: String?) {
    try session.asApp(organization, user: user, session: id) {
      let row = try session.query(
        Queries.createDraft,
        [
          .text(organization), .text(pfaId), .text(user), .text(id), .json(delta.encoded()),
          baseVersion.map { .int4(Int32(clamping: $0)) } ?? .null,
        ]
      ).first
      return (row != nil, try row?.text("id"))
    }
  }

  /// Queues the commit; returns its id, which is also its job's.
  package static func commit(
    _ session: PGSession, organization: String, user: String, session id: String, reason: String?, partial: Bool
  ) throws -> String {
    try session.asApp(organization, user: user, session: id) {
      try session.query(
        Queries.commitSession,
        [.text(organization), .text(user), .text(id), PGValue(reason), .bool(partial)]
      ).one().string("commit_id")
    }
  }

  /// Returns how many drafts are gone.
  package static func discard(
    _ session: PGSession, organization: String, user: String, session id: String, reason: String? = nil
  ) throws -> Int64 {
    try session.asApp(organization, user: user, session: id) {
      try session.tell(Decision(actor: user, reason: reason))
      return try session.query(Queries.discardSession, [.text(organization), .text(user), .text(id)]).one()
        .integer("discarded")
    }
  }

  /// Where a user has drafts of a session. In a reading transaction.
  package static func organizations(_ session: PGSession, session id: String, user: String) throws -> [String] {
    try session.query(Queries.sessionOrganizations, [.text(id), .text(user)]).rows.map {
      try $0.string("organization_id")
    }
  }

  /// Decides the session's commit as a worker would at this moment, and writes nothing. In a reading transaction.
  package static func forecast(
    _ session: PGSession, _ request: DraftCommitRequest
  ) throws -> Forecast {
    let editors = try Editors(
      try session.query(Queries.listEditors, [.text(request.organization), .array(.text([request.userId]))]))
    let rows = try session.query(
      Queries.draftedRecords, [.text(request.organization), .text(request.sessionId), .text(request.userId)]
    ).rows
    var marks: [String: (version: Int, remote: [String])] = [:]
    var edits: [DraftEdit] = []
    var records: [MirrorRecord] = []
    for row in rows {
      let edit = try DraftCommitStore.edit(row)
      let record = try DraftCommitStore.record(row, id: edit.mirrorId)
      marks[edit.id] = (record.version, try row.textArray("remote_fields")?.compactMap(\.self) ?? [])
      edits.append(edit)
      records.append(record)
    }
    let owner = CommitFold.Session(id: request.sessionId, user: request.userId)
    var fold = CommitFold(
      records: records, drafts: [owner: edits], editors: editors.users, isSuspended: editors.isSuspended)
    let outcome = fold.commit(request)
    let changes = outcome.applied.filter { !$0.patch.isEmpty }
    let totals = try session.query(
      Queries.forecastTotals,
      [
        .array(.text(changes.map(\.record.id))),
        .array(.text(changes.map { String(decoding: $0.patch.encoded(), as: UTF8.self) })),
      ])
    return Forecast(outcome: outcome, marks: marks, totals: totals)
  }
}
