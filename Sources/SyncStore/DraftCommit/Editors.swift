import Postgres

/// Who of some users may write in an organization at this moment.
struct Editors {
  let users: Set<String>
  /// The organization is, so that nobody may.
  let isSuspended: Bool

  /// What list_editors.sql answers.
  init(_ result: PGResult) throws {
    users = Set(try result.rows.compactMap { try $0.text("user_id") })
    isSuspended = try result.rows.contains { try $0.bool("is_active") == false }
  }
}
