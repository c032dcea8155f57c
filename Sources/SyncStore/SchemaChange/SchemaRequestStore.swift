import Postgres
import SQLCatalog
import SyncDomain

/// Requests of schema changes and their audit rows. All throw PGError, and ``Fenced`` when the job is no longer ours.
package enum SchemaRequestStore {
  /// A request whose job was claimed.
  package struct Open: Sendable {
    /// Its row in `schema_changes`.
    package let id: Int64
    /// Milliseconds since its first attempt began.
    package let elapsed: Int64
  }

  /// Queues a change, bound to its organization already; false: the same event asked before, and nothing changed.
  /// `askedAt`: when Kafka took the request, ms since 1970; nil when it does not say.
  package static func request(
    _ session: PGSession, id: String, key: String, _ request: SchemaChangeRequest, askedAt: Int64? = nil
  ) throws -> Bool {
    let values: [PGValue] = [
      .uuid(id), .text(request.organization), .text(key), .json(request.encoded()), .text(request.project),
      .text(request.typeName), .int4(request.currentVersion), .text(request.user),
      PGValue(askedAt),
    ]
    return try session.query(Queries.requestSchemaChange, values).rowCount > 0
  }

  /// Nil: the request has come to its end.
  package static func open(_ session: PGSession, _ claim: JobClaim) throws -> Open? {
    try JobStore.holding(session, claim) {
      guard let row = try session.query(Queries.openSchemaChange, [.uuid(claim.id)]).first else { return nil }
      return Open(id: try row.integer("id"), elapsed: Int64(try row.double("elapsed_ms") ?? 0))
    }
  }

  /// An attempt that will be made again: it keeps its row, the request waits, the lease is let go.
  package static func failAttempt(
    _ session: PGSession, _ claim: JobClaim, _ request: Int64, _ lease: ProjectStore.Lease?, code: String,
    message: String
  ) throws {
    try JobStore.holding(session, claim) {
      try ProjectStore.letGo(session, lease)
      let values: [PGValue] = [.int(request), .int4(Int32(clamping: claim.attempt)), .text(code), .text(message)]
      try session.query(Queries.failSchemaAttempt, values)
    }
  }

  /// The end of a request that came to nothing: audit row, lease and job in one transaction. True: another worker has
  /// brought the change to its end meanwhile, and the job has succeeded.
  @discardableResult
  package static func fail(
    _ session: PGSession, _ claim: JobClaim, _ request: Int64?, _ lease: ProjectStore.Lease?, code: String,
    message: String
  ) throws -> Bool {
    try JobStore.holding(session, claim) {
      try ProjectStore.letGo(session, lease, isDiverged: code == SchemaFault.Code.targetDiverged.rawValue)
      if let request { try end(session, claim, request, code: code, message: message) }
      let applied = try session.query(Queries.appliedRequest, [.text(claim.organization), .uuid(claim.id)]).first
      if let applied {
        try succeed(
          session, claim, project: try applied.string("project_id"),
          from: Int32(clamping: try applied.integer("from_version")),
          to: Int32(clamping: try applied.integer("to_version")))
      } else {
        try endJob(session, claim, state: .failed, code: code, message: message, progress: .object([]))
      }
      return applied != nil
    }
  }

  /// The end of a job that nobody foresaw. An attempt that may be in its target stays open for whoever comes next.
  package static func failOpen(_ session: PGSession, _ claim: JobClaim, code: String, message: String) throws {
    try JobStore.holding(session, claim) {
      let row = try session.query(Queries.openSchemaChange, [.uuid(claim.id)]).first
      if let row, try row.string("status") == "pending" {
        try end(session, claim, try row.integer("id"), code: code, message: message)
      }
      try endJob(session, claim, state: .failed, code: code, message: message, progress: .object([]))
    }
  }

  /// The target has the change: the master follows, and the job ends.
  package static func finish(
    _ session: PGSession, _ claim: JobClaim, _ request: Int64, _ lease: ProjectStore.Lease,
    _ change: ProjectStore.Settled, sql: String? = nil
  ) throws {
    try JobStore.holding(session, claim) {
      try ProjectStore.settle(session, lease, change)
      try end(session, claim, request, code: nil, message: nil, sql: sql)
      try succeed(session, claim, project: lease.project, from: change.fromVersion, to: change.toVersion)
    }
  }

  /// The end of an attempt of another job that somebody left behind. `isApplied`: its target has it.
  package static func settleOther(
    _ session: PGSession, _ claim: JobClaim, _ intent: ProjectState.Intent, _ lease: ProjectStore.Lease, isApplied: Bool
  ) throws {
    try JobStore.holding(session, claim) {
      if isApplied {
        try ProjectStore.settle(session, lease, ProjectStore.Settled(intent))
      } else {
        try ProjectStore.letGo(session, lease)
      }
      let code: String? = isApplied ? nil : "ABANDONED"
      try end(
        session, claim, intent.request, code: code,
        message: isApplied ? nil : "its worker ended before its target had it")
    }
  }

  private static func end(
    _ session: PGSession, _ claim: JobClaim, _ request: Int64, code: String?, message: String?, sql: String? = nil
  ) throws {
    let values: [PGValue] = [
      .int(request), .int4(Int32(clamping: claim.attempt)), PGValue(code), PGValue(message), PGValue(sql),
    ]
    try session.query(Queries.endSchemaChange, values)
  }

  private static func succeed(
    _ session: PGSession, _ claim: JobClaim, project: String, from: Int32, to: Int32
  ) throws {
    let progress: [JSONValue.Member] = [
      .init("project_id", .string(project)), .init("from_version", .number(String(from))),
      .init("to_version", .number(String(to))),
    ]
    try endJob(session, claim, state: .succeeded, code: nil, message: nil, progress: .object(progress))
  }

  private static func endJob(
    _ session: PGSession, _ claim: JobClaim, state: JobState, code: String?, message: String?, progress: JSONValue
  ) throws {
    let values: [PGValue] = [
      .uuid(claim.id), .uuid(claim.token), .text(state.rawValue), state == .succeeded ? .text("clean") : .null,
      PGValue(code), PGValue(message), .json(progress.canonical()),
    ]
    if try session.query(Queries.endJob, values).rowCount == 0 { throw Fenced() }
  }
}
