import Postgres
import SQLCatalog
import SyncDomain

/// Requests for pushes: by event, and by an operator.
package enum PushRequestStore {
  /// An event asks for the push of an edit, bound to its organization already. False: there is no such edit. The same
  /// event again changes nothing.
  package static func request(_ session: PGSession, modification id: String, key: String) throws -> Bool {
    try session.query(Queries.requestPush, [.uuid(id), .text(key)]).first != nil
  }

  /// Makes failed pushes due again and settles their dead letters; nil filters match everything. Returns the ids. Bound
  /// with `asSystem`.
  package static func retry(
    _ session: PGSession, ids: [String]?, organization: String?, code: String?, key: String, topic: String,
    reason: String? = nil
  ) throws -> [String] {
    let values: [PGValue] = [
      ids.map { .array(.text($0)) } ?? .null, PGValue(organization), PGValue(code), .text(key), PGValue(reason),
    ]
    let edits = try session.query(Queries.retryPushes, values).rows.map { row in
      (id: try row.string("id"), organization: try row.string("organization_id"))
    }
    let messages = edits.map { edit in
      String(
        decoding: WriteBackMessage(organization: edit.organization, modificationId: edit.id).encoded(), as: UTF8.self)
    }
    if !messages.isEmpty { try session.query(Queries.closePushLetters, [.text(topic), .array(.text(messages))]) }
    return edits.map(\.id)
  }
}
