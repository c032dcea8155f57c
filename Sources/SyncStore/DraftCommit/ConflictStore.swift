import Postgres
import SQLCatalog
import SyncDomain

/// Decisions of people on conflicts, each in one transaction with its effect on the record and its totals.
package enum ConflictStore {
  package enum Failure: Error, Sendable {
    case notFound
    /// Somebody was faster.
    case resolved
    /// This user may not write there.
    case forbidden(String)
    /// Nobody may write there.
    case suspended
    /// Others have edited these fields since the conflict was shown. Its row tells now what they say.
    case changed([String])
    case invalid([EditRules.Finding])
    /// Nothing says how these conflicting fields are decided.
    case undecided([String])
  }

  /// By whose permission a conflict is decided.
  package enum Rights: Sendable {
    /// Of whoever decides.
    case own
    /// Of the user whose edit it is: an operator need not be a user.
    case editor
  }

  /// Ends a conflict. `user` is who decides, and whom the histories keep. Blocks while another writer holds the record.
  /// Throws ``Failure``; then nothing has changed, but for what the conflict shows after ``Failure/changed(_:)``.
  package static func resolve(
    _ session: PGSession, _ id: String, organization: String, choice: ConflictResolution.Choice, user: String,
    with rights: Rights = .own, reason: String?
  ) throws -> ConflictResolution {
    var unseen: [String] = []
    let resolution = try session.asWorker(organization) { () -> ConflictResolution? in
      let results = try session.pipeline([
        PGStatement(Queries.lockConflictRecord, [.uuid(id)]), PGStatement(Queries.lockConflict, [.uuid(id)]),
      ])
      guard let recordRow = results[0].first, let row = results[1].first else { throw Failure.notFound }
      let holder = rights == .own ? user : try row.string("user_id")
      let editors = try Editors(
        try session.query(Queries.listEditors, [.text(organization), .array(.text([holder]))]))
      if editors.isSuspended { throw Failure.suspended }
      guard editors.users.contains(holder) else { throw Failure.forbidden(holder) }
      guard try row.string("status") == "open", try row.string("sync_state") == "conflict" else {
        throw Failure.resolved
      }
      let record = try DraftCommitStore.record(recordRow)
      let edit = try DraftCommitStore.edit(row)
      let isInEffect = try row.int("applied_version") != nil
      let shown = try shown(row)
      let (choice, undecided) = shown.completed(choice, of: edit)
      guard undecided.isEmpty else { throw Failure.undecided(undecided) }
      let resolution: ConflictResolution
      do throws(ConflictResolution.Refusal) {
        resolution = try ConflictResolution(choice, of: edit, isInEffect: isInEffect, on: record)
      } catch {
        switch error {
        case .invalid(let findings): throw Failure.invalid(findings)
        }
      }
      unseen = shown.unseen(resolution.patch, of: edit, on: record)
      guard unseen.isEmpty else {
        try refresh(session, id, shown.refreshed(unseen, on: record))
        return nil
      }
      try write(session, id, edit, from: record, resolution, choice, user: user, reason: reason)
      return resolution
    }
    guard let resolution else { throw Failure.changed(unseen) }
    return resolution
  }

  private static func shown(_ row: PGRow) throws -> ShownConflict {
    func values(_ column: String) throws -> FieldValues {
      FieldValues(json: try row.bytes(column) ?? []) ?? FieldValues()
    }
    return ShownConflict(
      fields: try row.textArray("conflict_fields")?.compactMap(\.self) ?? [], local: try values("local_values"),
      remote: try values("remote_values"), version: try row.int("current_version").map { Int($0) })
  }

  private static func refresh(_ session: PGSession, _ id: String, _ shown: ShownConflict) throws {
    try session.query(
      Queries.refreshConflict,
      [
        .uuid(id), .array(.text(shown.fields)), .json(shown.remote.encoded()),
        shown.version.map { .int4(Int32($0)) } ?? .null,
      ])
  }

  private static func write(
    _ session: PGSession, _ id: String, _ edit: DraftEdit, from before: MirrorRecord,
    _ resolution: ConflictResolution, _ choice: ConflictResolution.Choice, user: String, reason: String?
  ) throws {
    let after = resolution.record
    let isWritten = !resolution.patch.isEmpty
    if isWritten {
      let write = PGStatement(
        Queries.writeEdits,
        [
          .int4(0), .array(.text([after.id])), .array(.int4([Int32(before.version)])),
          .array(.text([String(decoding: resolution.patch.encoded(), as: UTF8.self)])),
          .array(.text([String(decoding: after.pending.encoded(), as: UTF8.self)])),
          // The commit that met the conflict applied nothing: whoever decides moves the totals.
          .array(.text([id])), .text("conflict"),
        ])
      guard try session.query(write.sql, write.parameters).one().integer("written") == 1 else {
        throw PGError(.protocol, "a locked record is not at the version it was decided at")
      }
    }
    let fields = resolution.delta.fields
    let isInEffect = isWritten && resolution.isPushed
    try session.query(
      Queries.resolveConflict,
      [
        .uuid(id), .text(choice.name), .text(user), PGValue(reason), .json(after.data.all(fields).encoded()),
        .text(resolution.isPushed ? "committed" : "superseded"), .json(resolution.delta.encoded()),
        .json(resolution.base.encoded()), .int4(Int32(before.version)),
        isInEffect ? .int4(Int32(after.version)) : .null,
        isInEffect ? .json(before.data.all(resolution.patch.fields).encoded()) : .null,
        .json(before.data.all(fields).encoded()),
      ])
    if resolution.isPushed { try session.query(Queries.queueWriteBacks, [.array(.text([edit.id]))]) }
  }
}
