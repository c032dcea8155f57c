import Postgres
import SQLCatalog
import SyncDomain

/// What is appended to a stream: a name, and two JSON objects.
package struct JournalEvent: Sendable {
  package let type: String
  package let data: JSONValue
  /// Who, why, from where.
  package let metadata: JSONValue

  package init(_ type: String, data: JSONValue = .object([]), metadata: JSONValue = .object([])) {
    self.type = type
    self.data = data
    self.metadata = metadata
  }

  var json: JSONValue {
    .object([.init("type", .string(type)), .init("data", data), .init("metadata", metadata)])
  }
}

/// The version that a writer believes its stream to have.
package enum ExpectedVersion: Sendable, Equatable {
  /// Nobody has appended to it.
  case noStream
  /// From 0.
  case version(Int64)
  /// Whatever it is.
  case any

  /// Expects what an append returned or a conflict told; -1 is no stream.
  package init(_ known: Int64) { self = known < 0 ? .noStream : .version(known) }

  var value: PGValue {
    switch self {
    case .noStream: .int(-1)
    case .version(let version): .int(version)
    case .any: .null
    }
  }
}

/// A stream is not at the version that its writer expected; nothing was appended.
package struct StreamConflict: Error, Equatable {
  package let stream: String
  /// -1: there is no such stream.
  package let actual: Int64

  package init(stream: String, actual: Int64) {
    self.stream = stream
    self.actual = actual
  }
}

/// When the lock of a stream is taken.
package enum AppendStrategy: String, Sendable, CaseIterable {
  /// First.
  case advisory
  /// When somebody else was faster.
  case delayed
  /// As the row of `sync_event_routing` says at this moment.
  case adaptive

  fileprivate var sql: String {
    switch self {
    case .advisory: Queries.appendEvents
    case .delayed: Queries.appendEventsDelayed
    case .adaptive: Queries.appendEventsAdaptive
    }
  }
}

/// Streams of events of one organization. All block, and throw PGError.
package enum JournalStore {
  /// Appends 1 to 1000 events in the open transaction, which is bound to an organization, and returns the version of
  /// the last one. `criteria` is a JSON object or an array of alternatives: then only later events that contain it
  /// conflict.
  ///
  /// Throws ``StreamConflict``; the transaction can not go on after it. PGError 22023: this is no append; 42501: no
  /// organization, or a stream that the database keeps itself.
  package static func append(
    _ session: PGSession, _ events: [JournalEvent], to stream: String, expecting expected: ExpectedVersion,
    criteria: JSONValue? = nil, strategy: AppendStrategy = .adaptive
  ) throws -> Int64 {
    let values: [PGValue] = [
      .text(stream), .json(JSONValue.array(events.map(\.json)).canonical()), expected.value,
      criteria.map { .json($0.canonical()) } ?? .null,
    ]
    do {
      return try session.query(strategy.sql, values).one().integer("version")
    } catch let error as PGError where error.sqlstate == "SY010" {
      guard let detail = error.detail, let actual = try? JSONValue(parsing: Array(detail.utf8))["actual"]?.integer
      else {
        throw error
      }
      throw StreamConflict(stream: stream, actual: actual)
    }
  }

  /// Events from a version on, in order: version, type, data, metadata, created_at. Empty when there is no such stream.
  package static func read(
    _ session: PGSession, organization: String, stream: String, from version: Int64 = 0, limit: Int = 1_000
  ) throws -> PGResult {
    let values: [PGValue] = [.text(organization), .text(stream), .int(version), .int4(Int32(clamping: limit))]
    return try session.query(Queries.readStream, values)
  }
}
