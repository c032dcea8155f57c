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
  /// Where Kafka keeps it; nil: it went through the outbox.
  package var topic: String?
  package var partition: Int64?
  package var offset: Int64?
  /// How far workers have applied that partition; nil: they never had it.
  package var appliedOffset: Int64?
  /// It has not been published yet.
  package var isInOutbox = false
  /// Why Kafka refuses it for good.
  package var outboxError: String?
  /// It was put aside because its work is paused.
  package var isHeld = false
  /// A worker could not take it.
  package var deadLetter: Int64?
  package var deadLetterCode: String?

  package init(id: String, organization: String, kind: String) {
    self.id = id
    self.organization = organization
    self.kind = kind
  }
}

/// What commands asked for. Bind the session with `asSystem` first, for reading with `reading`.
package enum JobRequestStore {
  /// `event`: the id of the request's event. `place`: where Kafka keeps it; nil: it went through the outbox.
  package static func record(
    _ session: PGSession, job: String, organization: String, kind: String, event: String,
    place: (topic: String, partition: Int32, offset: Int64)?, by actor: String?
  ) throws {
    let values: [PGValue] = [
      .uuid(job), .text(organization), .text(kind), .text(event), PGValue(place?.topic),
      place.map { .int4($0.partition) } ?? .null, place.map { .int($0.offset) } ?? .null, PGValue(actor),
    ]
    _ = try session.query(Queries.recordRequest, values)
  }

  /// Nil: nobody asked for a job of this id, as far as Postgres knows. `group`: whose offsets count.
  package static func find(_ session: PGSession, _ id: String, group: String) throws -> JobRequest? {
    guard let row = try session.query(Queries.findRequest, [.uuid(id), .text(group)]).first else { return nil }
    var request = JobRequest(
      id: try row.string("job_id"), organization: try row.text("organization_id") ?? "", kind: try row.string("kind"))
    request.requestedBy = try row.text("requested_by")
    request.requestedAt = try row.string("requested_at")
    request.age = try row.integer("age")
    request.topic = try row.text("topic")
    request.partition = try row.int("partition")
    request.offset = try row.int("kafka_offset")
    request.appliedOffset = try row.int("next_offset")
    request.isInOutbox = try row.bool("is_in_outbox") ?? false
    request.outboxError = try row.text("outbox_error")
    request.isHeld = try row.bool("is_held") ?? false
    request.deadLetter = try row.int("dead_letter")
    request.deadLetterCode = try row.text("dead_letter_code")
    return request
  }
}
