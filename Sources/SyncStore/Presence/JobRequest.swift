import Postgres
import SQLCatalog

/// A request whose job no worker has begun, and what is known of where it is. Spans are seconds.
package struct JobRequest: Sendable, Equatable {
  package var id: String
  package var organization: String
  package var kind: String
  package var requestedBy: String?
  /// PostgreSQL's text.
  package var requestedAt = ""
  package var age: Int64 = 0
  /// A command noted which event it is, so that it can be ended before a worker has it.
  package var isNoted = false
  /// Where Kafka keeps it; nil: it went through the outbox.
  package var topic: String?
  package var partition: Int64?
  package var offset: Int64?
  /// How far workers have applied that partition; nil: they never had it.
  package var appliedOffset: Int64?
  /// Kafka does not have the message; nil: it has, or nobody knows.
  package var loss: Loss?
  /// It has not been published yet.
  package var isInOutbox = false
  /// Why Kafka refuses it for good.
  package var outboxError: String?
  /// It was put aside because its work is paused.
  package var isHeld = false
  /// A worker could not take it.
  package var deadLetter: Int64?
  package var deadLetterCode: String?

  /// A worker has met it, so it is no request any more.
  package var isTaken: Bool {
    guard loss == nil, let offset, let appliedOffset else { return false }
    return appliedOffset > offset
  }

  /// Why Kafka does not have a message that it had.
  package enum Loss: Sendable, Equatable {
    /// The topic ends before it: it was made anew.
    case anew
    /// The topic begins after it: it was kept for too short a time.
    case expired
  }

  package init(id: String, organization: String, kind: String) {
    self.id = id
    self.organization = organization
    self.kind = kind
  }
}

/// What commands asked for. Bind the session with `asSystem` first, for reading with `reading`.
package enum JobRequestStore {
  /// `event`: the id of the request's event, `key`: the one that its job is known by, `parameters`: the job's, a JSON
  /// object. `place`: where Kafka keeps it; nil: it went through the outbox.
  package static func record(
    _ session: PGSession, job: String, organization: String, kind: String, event: String, key: String,
    parameters: [UInt8], place: (topic: String, partition: Int32, offset: Int64)?, by actor: String?
  ) throws {
    let values: [PGValue] = [
      .uuid(job), .text(organization), .text(kind), .text(event), PGValue(place?.topic),
      place.map { .int4($0.partition) } ?? .null, place.map { .int($0.offset) } ?? .null, PGValue(actor),
      .text(key), .json(parameters),
    ]
    _ = try session.query(Queries.recordRequest, values)
  }

  /// Ends a request that no worker has taken: its job is there from now on, cancelled, and the message changes nothing
  /// when it is read. False: a worker was faster, or the request was not noted by a command.
  package static func cancel(_ session: PGSession, _ id: String, by decision: Decision) throws -> Bool {
    try session.asSystem(by: decision) {
      let message = decision.reason ?? "cancelled by \(decision.actor ?? "an operator") before a worker had it"
      return try session.query(Queries.cancelRequest, [.uuid(id), .text(message)]).rowCount > 0
    }
  }

  /// Nil: nobody asked for a job of this id, as far as Postgres knows. `group`: whose offsets count.
  package static func find(_ session: PGSession, _ id: String, group: String) throws -> JobRequest? {
    guard let row = try session.query(Queries.findRequest, [.uuid(id), .text(group)]).first else { return nil }
    var request = JobRequest(
      id: try row.string("job_id"), organization: try row.text("organization_id") ?? "", kind: try row.string("kind"))
    request.requestedBy = try row.text("requested_by")
    request.requestedAt = try row.string("requested_at")
    request.age = try row.integer("age")
    request.isNoted = try row.bool("is_noted") ?? false
    request.topic = try row.text("topic")
    request.partition = try row.int("partition")
    request.offset = try row.int("kafka_offset")
    request.appliedOffset = try row.int("next_offset")
    request.isInOutbox = try row.bool("is_in_outbox") ?? false
    request.outboxError = try row.text("outbox_error")
    request.isHeld = try row.bool("is_held") ?? false
    request.deadLetter = try row.int("dead_letter")
    request.deadLetterCode = try row.text("dead_letter_code")
    if try row.bool("is_overtaken") == true { request.loss = .anew }
    return request
  }
}
