import Postgres
import TestKit
import Testing

/// What `update_mirror_with_lock` answers.
struct EditOutcome: Hashable, Sendable {
  let success: Bool
  let newVersion: Int64?
  let conflict: Bool
  /// The effective record, as the database prints it.
  let content: String?
  let version: Int64?

  static func success(_ version: Int64, _ content: String?) -> EditOutcome {
    EditOutcome(success: true, newVersion: version, conflict: false, content: content, version: version)
  }

  static func conflict(_ version: Int64, _ content: String?) -> EditOutcome {
    EditOutcome(success: false, newVersion: nil, conflict: true, content: content, version: version)
  }

  static let notFound = EditOutcome(success: false, newVersion: nil, conflict: false, content: nil, version: nil)
}

extension PGSession {
  /// Runs the body in a transaction of an application on behalf of a user.
  @discardableResult
  func asApp<R>(_ user: String, _ organization: String = "RIO", _ body: () throws -> R) throws -> R {
    try transaction {
      try query(
        """
        SELECT set_config('role', 'syncline_app', true), set_config('syncline.organization', $1, true),
          set_config('syncline.user_id', $2, true)
        """, [.text(organization), .text(user)])
      return try body()
    }
  }

  /// Edits the record of that pfaId at a version, in a transaction of its own; `owner` is the record's organization.
  @discardableResult
  func edit(
    _ record: String, _ delta: String?, at version: Int64?, by user: String = "ann", of organization: String = "RIO",
    owner: String? = nil
  ) throws -> EditOutcome {
    try asApp(user, organization) { try editNow(record, delta, at: version, owner: owner ?? organization) }
  }

  /// The error that refuses an edit; nil when it is answered. A function and no closure: of two closures, one inside of
  /// an #expect and one outside, Swift 6.3 may run the wrong one.
  func refusal(
    _ record: String, _ delta: String?, at version: Int64?, by user: String = "ann", of organization: String = "RIO",
    owner: String? = nil
  ) throws -> PGError? {
    do {
      try edit(record, delta, at: version, by: user, of: organization, owner: owner)
      return nil
    } catch let error as PGError {
      return error
    }
  }

  /// The same as ``edit`` in the open transaction.
  @discardableResult
  func editNow(_ record: String, _ delta: String?, at version: Int64?, owner: String = "RIO") throws -> EditOutcome {
    let row = try query(
      "SELECT * FROM update_mirror_with_lock(md5($1 || chr(31) || $2)::uuid, $3::jsonb, $4::int)",
      [.text(owner), .text(record), PGValue(delta), PGValue(version)]
    ).one()
    return EditOutcome(
      success: try row.string("success") == "t", newVersion: try row.int("new_version"),
      conflict: try row.string("conflict_detected") == "t", content: try row.text("current_content"),
      version: try row.int("current_version"))
  }

  func permit(_ user: String, _ level: String, in organization: String = "RIO") throws {
    try query(
      """
      INSERT INTO org_permission (user_id, organization_id, level) VALUES ($1, $2, $3)
      ON CONFLICT (user_id, organization_id) DO UPDATE SET level = excluded.level
      """, [.text(user), .text(organization), .text(level)])
  }

  /// The effective record; nil when there is none.
  func content(_ record: String, of organization: String = "RIO") throws -> String? {
    try value(
      "SELECT data FROM pfa_mirror WHERE pfa_id = $1 AND organization_id = $2", [.text(record), .text(organization)])
  }

  /// PEMS' own values of the fields that edits hold; nil when there are none.
  func pending(_ record: String) throws -> String? {
    try value("SELECT pending_base FROM pfa_mirror WHERE pfa_id = $1", [.text(record)])
  }

  func version(_ record: String) throws -> Int64 {
    try query("SELECT version FROM pfa_mirror WHERE pfa_id = $1", [.text(record)]).one().integer("version")
  }
}
