import Postgres
import SyncDomain
import SyncStore

/// What became of one append: the version it reached, or the one that its stream has.
enum AppendOutcome: Hashable, Sendable {
  case appended(Int64)
  case conflict(actual: Int64)

  var isAppended: Bool { if case .appended = self { true } else { false } }
}

extension PGSession {
  /// Appends events of these types as an application, in a transaction of its own.
  func append(
    _ types: [String] = ["happened"], to stream: String, at version: Int64?, criteria: JSONValue? = nil,
    _ strategy: AppendStrategy = .advisory, of organization: String = "RIO", data: JSONValue = .object([])
  ) throws -> AppendOutcome {
    do {
      return try asApp("ann", organization) {
        try appendNow(types, to: stream, at: version, criteria: criteria, strategy, data: data)
      }
    } catch let conflict as StreamConflict {
      return .conflict(actual: conflict.actual)
    }
  }

  /// The same in the open transaction; throws StreamConflict. nil: at any version.
  @discardableResult
  func appendNow(
    _ types: [String] = ["happened"], to stream: String, at version: Int64?, criteria: JSONValue? = nil,
    _ strategy: AppendStrategy = .advisory, data: JSONValue = .object([])
  ) throws -> AppendOutcome {
    .appended(
      try JournalStore.append(
        self, types.map { JournalEvent($0, data: data) }, to: stream,
        expecting: version.map { ExpectedVersion($0) } ?? .any, criteria: criteria, strategy: strategy))
  }

  /// `version type` of each event of a stream.
  func stream(_ name: String, of organization: String = "RIO") throws -> [String] {
    try list(
      "SELECT version || ' ' || type FROM sync_event WHERE organization_id = $1 AND stream = $2 ORDER BY version",
      [.text(organization), .text(name)])
  }
}

extension JSONValue {
  /// `{"key": "value"}`
  static func member(_ key: String, _ value: String) -> JSONValue { .object([.init(key, .string(value))]) }
}
