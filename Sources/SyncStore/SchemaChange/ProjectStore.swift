import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// Projects and their leases, in the master. Inside the caller's transaction, bound to the organization.
package enum ProjectStore {
  /// A lease as its holder took it.
  package struct Lease: Sendable {
    package let organization: String
    package let project: String
    package let token: String
    /// The project does not exist before its creation has succeeded.
    package let creates: Bool
  }

  /// What a project becomes when its target has a change.
  package struct Settled: Sendable {
    package let fromVersion: Int32
    package let toVersion: Int32
    /// JSON.
    package let schemaData: [UInt8]
    package let dropsProject: Bool

    package init(fromVersion: Int32, toVersion: Int32, schemaData: [UInt8], dropsProject: Bool) {
      self.fromVersion = fromVersion
      self.toVersion = toVersion
      self.schemaData = schemaData
      self.dropsProject = dropsProject
    }

    package init(_ intent: ProjectState.Intent) {
      self.init(
        fromVersion: intent.fromVersion, toVersion: intent.toVersion, schemaData: intent.newValue,
        dropsProject: intent.dropsProject)
    }
  }

  /// What is written down with the lease.
  package struct Intention: Sendable {
    /// The request's row in `schema_changes`.
    package let request: Int64
    package let changes: [SchemaChange]
    package let oldData: [UInt8]
    package let settled: Settled
    package let sql: String

    package init(request: Int64, changes: [SchemaChange], oldData: [UInt8], settled: Settled, sql: String) {
      self.request = request
      self.changes = changes
      self.oldData = oldData
      self.settled = settled
      self.sql = sql
    }
  }

  /// Nil: the organization has no such project. Throws ``SchemaFault`` when its schema data can not be read.
  package static func find(_ session: PGSession, organization: String, project: String) throws -> ProjectState? {
    guard let row = try session.query(Queries.readProject, [.text(organization), .text(project)]).first else {
      return nil
    }
    return ProjectState(
      name: try row.string("name"), schema: try schema(try row.bytes("schema_data")),
      version: Int32(clamping: try row.integer("version")), status: try row.string("status"),
      lockedBy: try row.text("locked_by"), token: try row.text("lock_token"), isHeld: try row.bool("is_held") ?? false,
      intent: try intent(row))
  }

  /// The changes that led from a version to now, with the version each led to.
  package static func applied(
    _ session: PGSession, organization: String, project: String, since version: Int32
  ) throws -> [(version: Int32, changes: [SchemaChange])] {
    let values: [PGValue] = [.text(organization), .text(project), .int4(version)]
    return try session.query(Queries.appliedSince, values).rows.map { row in
      let json = try JSONValue(parsing: try row.bytes("change_data") ?? [])
      return (Int32(clamping: try row.integer("to_version")), try SchemaChange.read(json))
    }
  }

  /// Takes the lease at a version and writes down what will be done; returns the attempt's name for the target. Nil:
  /// somebody else was faster, and nothing is written. `milliseconds`: how long the lease lives.
  package static func take(
    _ session: PGSession, _ claim: JobClaim, _ lease: Lease, name: String?, holder: String, milliseconds: Int64,
    _ intention: Intention
  ) throws -> String? {
    try JobStore.holding(session, claim) {
      let head: [PGValue] = [.text(lease.organization), .text(lease.project)]
      let tail: [PGValue] = [.uuid(lease.token), .text(holder), .int(milliseconds)]
      let taken =
        if let name {
          try session.query(Queries.createProject, head + [.text(name)] + tail)
        } else {
          try session.query(Queries.takeLease, head + [.int4(intention.settled.fromVersion)] + tail)
        }
      guard taken.rowCount == 1 else { return nil }
      let values: [PGValue] = [
        .int(intention.request), .int4(Int32(clamping: claim.attempt)), .text(intention.changes.typeName),
        .json(try intention.changes.encoded()), .json(intention.oldData), .json(intention.settled.schemaData),
        .text(intention.sql), .int4(intention.settled.fromVersion), .int4(intention.settled.toVersion),
      ]
      return try session.query(Queries.intendSchemaChange, values).one().string("change_id")
    }
  }

  /// Takes a lease over from the attempt that has it; false: somebody else did.
  package static func takeOver(
    _ session: PGSession, _ claim: JobClaim, _ lease: Lease, from token: String?, holder: String, milliseconds: Int64
  ) throws -> Bool {
    try JobStore.holding(session, claim) {
      let values: [PGValue] = [
        .text(lease.organization), .text(lease.project), token.map { .uuid($0) } ?? .null, .uuid(lease.token),
        .text(holder), .int(milliseconds),
      ]
      return try session.query(Queries.takeOverLease, values).rowCount == 1
    }
  }

  /// Holds the lease for so long from now on, and says how far the job is. Throws ``Fenced`` when it is not ours any
  /// more.
  package static func extend(
    _ session: PGSession, _ claim: JobClaim, _ lease: Lease, milliseconds: Int64, progress: [UInt8]
  ) throws {
    try JobStore.holding(session, claim) {
      let values: [PGValue] = [
        .text(lease.organization), .text(lease.project), .uuid(lease.token), .int(milliseconds),
      ]
      if try session.query(Queries.extendLease, values).rowCount != 1 { throw Fenced() }
      _ = try session.query(Queries.reportProgress, [.uuid(claim.id), .uuid(claim.token), .json(progress)])
    }
  }

  /// Throws ``Fenced`` when the lease is not ours any more, or the version is another than it was.
  static func settle(_ session: PGSession, _ lease: Lease, _ change: Settled) throws {
    let head: [PGValue] = [.text(lease.organization), .text(lease.project), .uuid(lease.token)]
    let result =
      if change.dropsProject {
        try session.query(Queries.removeProject, head)
      } else {
        try session.query(
          Queries.settleProject,
          head + [.int4(change.fromVersion), .int4(change.toVersion), .json(change.schemaData)])
      }
    if result.rowCount != 1 { throw Fenced() }
  }

  /// Without effect when the lease is not ours any more. A project that did not come to be goes.
  static func letGo(_ session: PGSession, _ lease: Lease?, isDiverged: Bool = false) throws {
    guard let lease else { return }
    let head: [PGValue] = [.text(lease.organization), .text(lease.project), .uuid(lease.token)]
    if lease.creates {
      try session.query(Queries.removeProject, head)
    } else {
      try session.query(Queries.releaseLease, head + [.text(isDiverged ? "error" : "ready")])
    }
  }

  package static func schema(_ bytes: [UInt8]?) throws -> ProjectSchema {
    try ProjectSchema(try JSONValue(parsing: bytes ?? Array("{}".utf8)))
  }

  private static func intent(_ row: PGRow) throws -> ProjectState.Intent? {
    guard let request = try row.int("intent_id") else { return nil }
    let changes = try SchemaChange.read(try JSONValue(parsing: try row.bytes("change_data") ?? []))
    return ProjectState.Intent(
      request: request, changeId: try row.string("change_id"), jobId: try row.string("job_id"),
      fromVersion: Int32(clamping: try row.integer("from_version")),
      toVersion: Int32(clamping: try row.integer("to_version")),
      newValue: try row.bytes("new_value") ?? [], dropsProject: changes.dropsProject)
  }
}

extension ProjectStore.Lease {
  /// A lease that is about to be taken, under a fresh token.
  package init(organization: String, project: String, creates: Bool) {
    self.init(organization: organization, project: project, token: UUIDText.random(), creates: creates)
  }
}
