import Postgres
import SQLCatalog
import SyncDomain

/// A commit as its event asked for it, with the identity it has in the database.
package struct QueuedCommit: Sendable, Equatable {
  package let request: DraftCommitRequest
  /// The job's id, and the id that its edits carry: the commit's own when that is a UUID that no other kind's or
  /// tenant's job has.
  package var jobId: String
  /// The organization, `ce_source` and `ce_id`, by which the event is known when it comes again.
  package let key: String
  /// When Kafka took the request, ms since 1970; nil when it does not say.
  package let askedAt: Int64?

  package init(request: DraftCommitRequest, jobId: String, key: String, askedAt: Int64?) {
    self.request = request
    self.jobId = jobId
    self.key = key
    self.askedAt = askedAt
  }
}

/// Drafts, records and permissions of commits on their way in, and what was decided on its way out. All bound to one
/// organization by the caller's transaction; a handful of statements however many commits there are.
package enum DraftCommitStore {
  /// What is needed to decide commits.
  package struct Loaded: Sendable {
    package let fold: CommitFold
    /// Jobs and keys of commits that were handled before.
    package let known: Set<String>
  }

  /// Locks the records that the sessions edit, in the order every writer locks them, then their drafts. Blocks while
  /// another writer holds one of them.
  package static func load(
    _ session: PGSession, organization: String, _ commits: [QueuedCommit]
  ) throws -> Loaded {
    let sessions = PGValue.array(.text(Set(commits.map(\.request.sessionId)).sorted()))
    let results = try session.pipeline([
      PGStatement(
        Queries.knownCommits, [.array(.text(commits.map(\.jobId))), .array(.text(commits.map(\.key)))]),
      PGStatement(
        Queries.listEditors,
        [.text(organization), .array(.text(Set(commits.map(\.request.userId)).sorted()))]),
      PGStatement(Queries.lockDraftedRecords, [.text(organization), sessions]),
      PGStatement(Queries.lockDrafts, [.text(organization), sessions]),
    ])
    var known: Set<String> = []
    for row in results[0].rows { known.formUnion([try row.string("id"), try row.string("idempotency_key")]) }
    let editors = try Editors(results[1])
    let records = try results[2].rows.map { try record($0) }
    var drafts: [CommitFold.Session: [DraftEdit]] = [:]
    for row in results[3].rows {
      let owner = CommitFold.Session(id: try row.string("session_id"), user: try row.string("user_id"))
      drafts[owner, default: []].append(try edit(row))
    }
    return Loaded(
      fold: CommitFold(
        records: records, drafts: drafts, editors: editors.users, isSuspended: editors.isSuspended), known: known)
  }

  /// Writes what was decided: records with totals and lineage, edits, conflicts, jobs, log, issues, and the requests to
  /// push. `slot`: the totals' slot of the caller's lane. Throws PGError, 23505 when another worker has recorded one of
  /// the commits meanwhile: run the transaction again.
  package static func save(
    _ session: PGSession, organization: String, _ outcomes: [(commit: QueuedCommit, outcome: CommitOutcome)], slot: Int
  ) throws {
    let waves = waves(outcomes)
    var steps = waves.map { write($0, slot: slot) }
    steps += edits(outcomes)
    steps.append(record(organization, outcomes))
    let pushed = outcomes.flatMap { $0.outcome.applied.map(\.edit.id) }
    if !pushed.isEmpty { steps.append(PGStatement(Queries.queueWriteBacks, [.array(.text(pushed))])) }
    let results = try session.pipeline(steps)
    for (wave, result) in zip(waves, results) where try result.one().integer("written") != Int64(wave.count) {
      throw PGError(.protocol, "a locked record is not at the version it was decided at")
    }
  }

  // MARK: Rows to values

  /// `id`: of the record, when the row's own is another's.
  static func record(_ row: PGRow, id: String? = nil) throws -> MirrorRecord {
    guard let data = FieldValues(json: try row.bytes("data") ?? [], only: EditableField.relevant) else {
      throw PGError(.conversion, "the record of a row is no JSON object")
    }
    return MirrorRecord(
      id: try id ?? row.string("id"), pfaId: try row.string("pfa_id"), version: Int(try row.integer("version")),
      data: data.statingFlags(isWhole: true),
      pending: (FieldValues(json: try row.bytes("pending_base") ?? []) ?? FieldValues()).statingFlags(),
      inFlight: Set(try row.textArray("in_flight")?.compactMap(\.self) ?? []))
  }

  static func edit(_ row: PGRow) throws -> DraftEdit {
    func values(_ column: String) throws -> FieldValues {
      FieldValues(json: try row.bytes(column) ?? []) ?? FieldValues()
    }
    return DraftEdit(
      id: try row.string("id"), mirrorId: try row.string("mirror_id"), delta: try values("delta"),
      base: try values("base_values").statingFlags(), context: try values("base_context").statingFlags(),
      baseVersion: Int(try row.integer("base_version")))
  }

  // MARK: Values to statements

  private struct Write {
    let jobId: String
    let applied: CommitOutcome.Applied
  }

  /// The writes in order, cut so that each part has a record at most once.
  private static func waves(_ outcomes: [(commit: QueuedCommit, outcome: CommitOutcome)]) -> [[Write]] {
    var waves: [[Write]] = []
    var depth: [String: Int] = [:]
    for (commit, outcome) in outcomes {
      for applied in outcome.applied where !applied.patch.isEmpty {
        let wave = depth[applied.record.id, default: 0]
        depth[applied.record.id] = wave + 1
        if wave == waves.count { waves.append([]) }
        waves[wave].append(Write(jobId: commit.jobId, applied: applied))
      }
    }
    return waves
  }

  private static func write(_ wave: [Write], slot: Int) -> PGStatement {
    PGStatement(
      Queries.writeEdits,
      [
        .int4(Int32(slot)), .array(.text(wave.map(\.applied.record.id))),
        .array(.int4(wave.map { Int32($0.applied.record.version - 1) })), json(wave.map(\.applied.patch)),
        json(wave.map { $0.applied.record.pending }), .array(.text(wave.map(\.jobId))),
        .text("draft_commit"),
      ])
  }

  /// Drafts that are committed now, and of these the ones that are conflicts at once.
  private static func edits(_ outcomes: [(commit: QueuedCommit, outcome: CommitOutcome)]) -> [PGStatement] {
    typealias Row = (id: String, commit: QueuedCommit, applied: CommitOutcome.Applied?)
    let applied = outcomes.flatMap { commit, outcome in
      outcome.applied.map { Row($0.edit.id, commit, $0.patch.isEmpty ? nil : $0) }
    }
    let conflicts = outcomes.flatMap { _, outcome in outcome.conflicted }
    let rows = applied + outcomes.flatMap { commit, outcome in outcome.conflicted.map { Row($0.edit.id, commit, nil) } }
    guard !rows.isEmpty else { return [] }
    let commit = PGStatement(
      Queries.commitEdits,
      [
        .array(.text(rows.map(\.id))), .array(.text(rows.map(\.commit.jobId))),
        .array(.text(rows.map(\.commit.request.changeReason))),
        .array(.int4(rows.map { $0.applied.map { Int32($0.record.version) } })),
        .array(.text(rows.map { $0.applied.map { String(decoding: $0.replaced.encoded(), as: UTF8.self) } })),
      ])
    guard !conflicts.isEmpty else { return [commit] }
    func fields(_ conflicted: CommitOutcome.Conflicted) -> [String] {
      conflicted.edit.delta.fields + conflicted.conflict.fields
    }
    return [
      commit,
      PGStatement(
        Queries.conflictEdits,
        [
          .array(.text(conflicts.map(\.edit.id))), .array(.text(conflicts.map(\.conflict.kind.rawValue))),
          .array(.text(conflicts.map { $0.conflict.fields.joined(separator: ",") })),
          json(conflicts.map { $0.edit.context.overlaid($0.edit.base).picked(fields($0)) }),
          json(conflicts.map(\.edit.delta)),
          json(conflicts.map { conflicted in conflicted.record.data.picked(fields(conflicted)) }),
          .array(.int4(conflicts.map { Int32($0.record.version) })),
        ]),
    ]
  }

  private static func record(
    _ organization: String, _ outcomes: [(commit: QueuedCommit, outcome: CommitOutcome)]
  ) -> PGStatement {
    func texts(_ value: (QueuedCommit, CommitOutcome) -> String?) -> PGValue {
      .array(.text(outcomes.map { value($0.commit, $0.outcome) }))
    }
    func counts(_ value: (CommitOutcome) -> Int) -> PGValue {
      .array(.int4(outcomes.map { Int32(clamping: value($0.outcome)) }))
    }
    typealias Issue = (job: String, pfaId: String, finding: EditRules.Finding, raw: String?)
    let issues = outcomes.flatMap { commit, outcome in
      outcome.refused.flatMap { refused in
        refused.findings.map { finding in
          Issue(commit.jobId, refused.pfaId, finding, refused.edit.delta.known(finding.field)?.shown)
        }
      }
    }
    return PGStatement(
      Queries.recordCommits,
      [
        .text(organization), texts { commit, _ in commit.jobId }, texts { commit, _ in commit.key },
        texts { _, outcome in outcome.errorCode == nil ? "succeeded" : "failed" },
        texts { _, outcome in outcome.result },
        texts { commit, _ in String(decoding: commit.request.encoded(), as: UTF8.self) },
        texts { _, outcome in progress(outcome) }, texts { commit, _ in commit.request.userId },
        texts { _, outcome in outcome.errorCode }, texts { _, outcome in outcome.errorMessage },
        .array(.int8(outcomes.map { $0.commit.askedAt })), counts { $0.received }, counts { $0.updated },
        counts { $0.unchanged }, counts { $0.discontinued }, counts { $0.conflicted.count },
        counts { $0.refused.count },
        .array(.text(issues.map(\.job))), .array(.text(issues.map(\.pfaId))),
        .array(.text(issues.map(\.finding.field))),
        .array(.text(issues.map(\.finding.code))), .array(.text(issues.map(\.raw))),
      ])
  }

  /// What `jobs show` prints.
  private static func progress(_ outcome: CommitOutcome) -> String {
    """
    {"edits": \(outcome.received), "applied": \(outcome.applied.count), "conflicted": \(outcome.conflicted.count), \
    "refused": \(outcome.refused.count), "held": \(outcome.held)}
    """
  }

  private static func json(_ values: [FieldValues]) -> PGValue {
    var array = PGArray(elementOID: PGType.text)
    for value in values { array.append(bytes: value.encoded()) }
    return .array(array)
  }
}
