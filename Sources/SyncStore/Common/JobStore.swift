import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// A job as its present holder claimed it; every write names the token.
package struct JobClaim: Sendable {
  package let id: String
  package let organization: String
  package let kind: String
  /// From 1; a takeover after a crash is the same attempt.
  package let attempt: Int
  package let token: String
  /// JSON object.
  package let parameters: [UInt8]
  package let requestedBy: String?
  /// The job was running under a worker that went silent.
  package let isTakenOver: Bool
  /// Since the job was first claimed, by whomever.
  package let elapsed: Duration
}

/// How a job stands.
package struct JobStatus: Sendable {
  package let organization: String
  package let kind: String
  package let state: JobState
  /// Such as `with_conflicts`; nil before it has succeeded.
  package let result: String?
  package let errorCode: String?
  package let errorMessage: String?
  package let isDryRun: Bool
  /// JSON object; the result of a dry run.
  package let progress: [UInt8]
  /// Records applied so far.
  package let applied: Int64
  /// Records there are; nil while nobody knows.
  package let total: Int64?

  init(_ row: PGRow) throws {
    guard let state = JobState(rawValue: try row.string("state")) else {
      throw PGError(.conversion, "column state is not one of a job's states")
    }
    self.state = state
    organization = try row.string("organization_id")
    kind = try row.string("kind")
    result = try row.text("result")
    errorCode = try row.text("error_code")
    errorMessage = try row.text("error_message")
    isDryRun = try row.bool("is_dry_run") ?? false
    progress = try row.bytes("progress") ?? []
    applied = try row.integer("applied")
    total = try row.int("total")
  }
}

/// Claims of jobs and what holders write. All throw PGError, and ``Fenced`` when the job is no longer theirs.
package enum JobStore {
  /// The one rule of silence, in seconds: a claim lives this long without a sign of life, and so does the worker that
  /// holds it; what it held is anybody's then. Workers give signs four times as often.
  package static let leaseSeconds = 12
  /// Whoever is free takes the work of a dead worker over within this much more, so 15 seconds after its last sign
  /// (domain.md 3). What lies about longer needs somebody.
  package static let takeoverGrace = 3

  /// The next due job of these kinds, or one whose worker went silent; nil when there is none. Bind the session with
  /// `asSystem` first.
  package static func claim(_ session: PGSession, kinds: [String], owner: String) throws -> JobClaim? {
    let values: [PGValue] = [.array(.text(kinds)), .text(owner), .int4(Int32(leaseSeconds))]
    guard let row = try session.query(Queries.claimJob, values).first else { return nil }
    return JobClaim(
      id: try row.string("id"), organization: try row.string("organization_id"), kind: try row.string("kind"),
      attempt: Int(try row.integer("attempt")), token: try row.string("lease_token"),
      parameters: try row.bytes("parameters") ?? [], requestedBy: try row.text("requested_by"),
      isTakenOver: try row.bool("taken_over") ?? false, elapsed: .seconds(try row.double("elapsed") ?? 0))
  }

  /// Extends the claim; the first statement of each of its transactions.
  package static func hold(_ session: PGSession, _ claim: JobClaim) throws {
    try session.query(Queries.holdJob, [.uuid(claim.id), .uuid(claim.token), .int4(Int32(leaseSeconds))])
  }

  /// A transaction of the claim's holder: bound to its organization, fenced by its token.
  package static func holding<R>(_ session: PGSession, _ claim: JobClaim, _ body: () throws -> R) throws -> R {
    try session.asWorker(claim.organization) {
      try hold(session, claim)
      return try body()
    }
  }

  /// What `jobs show` and the progress bar read. `progress` is a JSON object.
  package static func report(_ session: PGSession, _ claim: JobClaim, progress: [UInt8]) throws {
    try holding(session, claim) {
      _ = try session.query(Queries.reportProgress, [.uuid(claim.id), .uuid(claim.token), .json(progress)])
    }
  }

  /// Says in the job's progress that its upstream fails: which one, where it is, with what, and when it is asked again.
  package static func note(
    _ session: PGSession, _ claim: JobClaim, source: String, place: String, code: String, message: String,
    againInMilliseconds wait: Int64
  ) throws {
    try holding(session, claim) {
      let values: [PGValue] = [
        .uuid(claim.id), .uuid(claim.token), .text(source), .text(place), .text(code), .text(message), .int(wait),
      ]
      _ = try session.query(Queries.noteUpstream, values)
    }
  }

  /// The upstream answers again.
  package static func settleUpstream(_ session: PGSession, _ claim: JobClaim) throws {
    try holding(session, claim) {
      _ = try session.query(Queries.settleUpstream, [.uuid(claim.id), .uuid(claim.token)])
    }
  }

  /// Puts the job back for a later attempt; `costsAttempt`: this one counts.
  package static func retry(
    _ session: PGSession, _ claim: JobClaim, afterMilliseconds delay: Int64, code: String, message: String,
    costsAttempt: Bool = true
  ) throws {
    try session.asWorker(claim.organization) {
      let values: [PGValue] = [
        .uuid(claim.id), .uuid(claim.token), .int(delay), .text(code), .text(message), .bool(costsAttempt),
      ]
      if try session.query(Queries.retryJob, values).rowCount == 0 { throw Fenced() }
    }
  }

  /// Lets the claim go at once, for another worker to go on; nothing happens when it is no longer ours.
  package static func release(_ session: PGSession, _ claim: JobClaim) throws {
    try session.asWorker(claim.organization) {
      _ = try session.query(Queries.releaseJob, [.uuid(claim.id), .uuid(claim.token)])
    }
  }

  /// The read sync of an organization that has not ended yet; nil when there is none. Dry runs do not count.
  package static func openRead(_ session: PGSession, organization: String) throws -> String? {
    try session.query(Queries.openRead, [.text(organization)]).first?.string("id")
  }

  /// How a job stands, for who waits for it; nil: there is none, or no worker has seen its request.
  package static func status(_ session: PGSession, _ id: String) throws -> JobStatus? {
    try session.query(Queries.jobStatus, [.uuid(id)]).first.map { try JobStatus($0) }
  }

  /// The ids under which jobs of a kind are kept: those that are asked for, and for one that is taken by another kind's
  /// or tenant's job another, always the same. The transaction sees all organizations afterwards.
  ///
  /// A tenant must not be able to block the requests of another by using their ids first.
  package static func identities(
    _ session: PGSession, _ ids: [String], kind: String, organization: String
  ) throws -> [String] {
    try session.becomeSystem()
    let rows = try session.query(
      Queries.foreignJobs, [.text(organization), .text(kind), .array(.text(ids))]
    ).rows
    let taken = Set(try rows.map { try $0.string("id") })
    return ids.map { taken.contains($0) ? UUIDText.event(source: "\(kind) \(organization)", id: $0) : $0 }
  }

  /// Queues a read sync, bound to its organization already. Nil: the same event asked before; then nothing changed.
  /// `isRefused`: another read of the organization is open, and the job is kept as failed, JOB_ALREADY_RUNNING.
  ///
  /// `askedAt`: when Kafka took the request, ms since 1970; nil when it does not say.
  package static func requestRead(
    _ session: PGSession, id: String, key: String, request: ReadSyncRequest, askedAt: Int64? = nil
  ) throws -> (id: String, isRefused: Bool)? {
    let values: [PGValue] = [
      .uuid(id), .text(request.organization), .text(key), .json(request.encoded()), PGValue(request.requestedBy),
      PGValue(askedAt),
    ]
    guard let row = try session.query(Queries.requestRead, values).first else { return nil }
    return (try row.string("id"), try row.string("state") == "failed")
  }
}
