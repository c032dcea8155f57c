import Postgres
import SQLCatalog
import SyncDomain

/// An edit whose push a worker has claimed; every write names the token.
package struct PushClaim: Sendable {
  /// Of the modification.
  package let id: String
  package let organization: String
  package let pfaId: String
  package let fields: [String]
  /// From 1; a takeover after a crash is the same attempt.
  package let attempt: Int
  package let token: String
  /// The push was in flight under a worker that went silent.
  package let isTakenOver: Bool
  /// The source of the organization's last completed read; nil without one.
  package let lastSource: String?
  /// The `traceparent` of the commit that made the edit; nil: it belongs to no trace.
  package let trace: String?
}

/// The row behind a push as it is now.
package struct PushRecord: Sendable {
  package let edit: PushEdit
  /// Of PEMS' content as the mirror knows it; nil when it knows none.
  package let contentHash: Int64?
}

/// Claims of pushes and what holders write. All throw PGError, and ``Fenced`` when the push is no longer theirs.
package enum PushStore {
  /// How long a claim lives without a sign of life.
  package static let leaseSeconds = 12
  /// Edits of one claim, at most (domain.md C23).
  package static let cycle = 100

  /// Due edits, at most `limit`, and those whose worker went silent. Bind the session with `asSystem` first. Waits for
  /// another worker's claim, which is short. What goes to a source that rests is left alone.
  package static func claim(
    _ session: PGSession, limit: Int, resting: RestingSources = RestingSources()
  ) throws -> [PushClaim] {
    try session.query(Queries.lockPushClaims)
    let values: [PGValue] = [
      .int4(Int32(min(limit, cycle))), .int4(Int32(leaseSeconds)), .array(.text(resting.known)),
      .array(.text(resting.resting + (resting.othersRest ? [""] : []))),
    ]
    return try session.query(Queries.claimPushes, values).rows.map { row in
      PushClaim(
        id: try row.string("id"), organization: try row.string("organization_id"), pfaId: try row.string("pfa_id"),
        fields: (try row.textArray("modified_fields") ?? []).compactMap { $0 },
        attempt: Int(try row.integer("attempt")),
        token: try row.string("lease_token"), isTakenOver: try row.bool("taken_over") ?? false,
        lastSource: try row.text("last_source"), trace: try row.text("trace"))
    }
  }

  /// Extends the leases; returns the ids of those still held. Bind the session with `asSystem` first.
  package static func hold(_ session: PGSession, _ claims: [PushClaim]) throws -> Set<String> {
    let values: [PGValue] = [
      .array(.text(claims.map(\.id))), .array(.text(claims.map(\.token))), .int4(Int32(leaseSeconds)),
    ]
    return Set(try session.query(Queries.holdPushes, values).rows.map { try $0.string("id") })
  }

  /// The record, and what earlier attempts may have left in PEMS.
  package static func load(_ session: PGSession, _ claim: PushClaim) throws -> PushRecord {
    try session.asWorker(claim.organization) {
      let row = try held(try session.query(Queries.loadPush, [.uuid(claim.id), .uuid(claim.token)]))
      func values(_ column: String) throws -> FieldValues {
        try row.bytes(column).flatMap { FieldValues(json: $0) } ?? FieldValues()
      }
      return PushRecord(
        edit: PushEdit(
          fields: claim.fields, effective: try values("data").statingFlags(isWhole: true),
          pending: try values("pending_base").statingFlags(), pushed: try values("pushed_values").statingFlags(),
          othersPushed: (try row.textArray("others_pushed") ?? []).compactMap { text in
            text.flatMap { FieldValues(json: Array($0.utf8))?.statingFlags() }
          }),
        contentHash: try row.int("content_hash"))
    }
  }

  /// Writes down what is about to be sent.
  package static func note(_ session: PGSession, _ claim: PushClaim, _ values: FieldValues) throws {
    try session.asWorker(claim.organization) {
      _ = try held(try session.query(Queries.notePush, [.uuid(claim.id), .uuid(claim.token), .json(values.encoded())]))
    }
  }

  /// PEMS has these values now. `hashes`: of its content without and with the edit. `order`: whatever PEMS said at an
  /// earlier one was before it had them; nil when it gives none. `wasSent`: by this push, not before. `topic`: of
  /// requests, which the dead letter of an earlier try names.
  package static func finish(
    _ session: PGSession, _ claim: PushClaim, _ values: FieldValues, hashes: (before: Int64, after: Int64),
    order: SourceOrder?, wasSent: Bool, topic: String, day: String
  ) throws {
    try session.asWorker(claim.organization) {
      let values: [PGValue] = [
        .uuid(claim.id), .uuid(claim.token), .json(values.encoded()), .int(hashes.before), .int(hashes.after),
        PGValue(order?.block), PGValue(order?.index),
      ]
      try session.query(Queries.lockPushedRecord, [.uuid(claim.id)])
      _ = try held(try session.query(Queries.finishPush, values))
      try count(session, claim, day, wasSent ? .updated : .unchanged)
      try session.becomeSystem()
      let message = WriteBackMessage(organization: claim.organization, modificationId: claim.id).encoded()
      try session.query(Queries.settlePushLetter, [.text(topic), .bytes(message)])
    }
  }

  package static func conflict(_ session: PGSession, _ claim: PushClaim, _ conflict: PushConflict, day: String) throws {
    try session.asWorker(claim.organization) {
      let values: [PGValue] = [
        .uuid(claim.id), .uuid(claim.token), .text(conflict.kind.rawValue), .array(.text(conflict.fields)),
        .json(conflict.base.encoded()), .json(conflict.local.encoded()), .json(conflict.remote.encoded()),
      ]
      try session.query(Queries.lockPushedRecord, [.uuid(claim.id)])
      _ = try held(try session.query(Queries.conflictPush, values))
      try count(session, claim, day, .conflicted)
    }
  }

  /// Puts the push back. Without a code it came to no attempt, which then does not count; nor does it otherwise, unless
  /// it `costsAttempt`.
  package static func delay(
    _ session: PGSession, _ claim: PushClaim, milliseconds: Int64, code: String?, message: String?,
    costsAttempt: Bool = true
  ) throws {
    try session.asWorker(claim.organization) {
      let values: [PGValue] = [
        .uuid(claim.id), .uuid(claim.token), .int(milliseconds), PGValue(code), PGValue(message),
        .bool(code != nil && costsAttempt),
      ]
      _ = try held(try session.query(Queries.delayPush, values))
    }
  }

  /// Gives the push up, with a dead letter on `topic` whose replay asks for it again.
  package static func fail(
    _ session: PGSession, _ claim: PushClaim, code: String, message: String, topic: String, eventId: String, day: String
  ) throws {
    try session.asWorker(claim.organization) {
      let values: [PGValue] = [.uuid(claim.id), .uuid(claim.token), .text(code), .text(message)]
      _ = try held(try session.query(Queries.failPush, values))
      try count(session, claim, day, .rejected)
      try session.becomeSystem()
      try session.pipeline(PushLetter.statements(claim, code: code, cause: message, topic: topic, eventId: eventId))
    }
  }

  private enum Outcome: Int { case updated, unchanged, conflicted, rejected }

  private static func count(_ session: PGSession, _ claim: PushClaim, _ day: String, _ outcome: Outcome) throws {
    let counts = (0..<4).map { PGValue.int4($0 == outcome.rawValue ? 1 : 0) }
    try session.query(Queries.logPush, [.text(claim.organization), .text("write-back/\(day)")] + counts)
  }

  private static func held(_ result: PGResult) throws -> PGRow {
    guard let row = result.first else { throw Fenced() }
    return row
  }
}
