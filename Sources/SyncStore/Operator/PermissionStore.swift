import Postgres
import SQLCatalog

/// Who may do what in an organization. `read` is for applications to look up; `write` lets a user edit, `admin` as
/// well.
package enum PermissionStore {
  package static let levels = ["read", "write", "admin"]

  /// Rows of `org_permission` with who granted them and why; nil means any. Bind the session with `reading` first.
  package static func list(_ session: PGSession, organization: String?, user: String?) throws -> PGResult {
    try session.query(Queries.listPermissions, [PGValue(organization), PGValue(user)])
  }

  /// False: the user has the level already, and nothing changed. In a transaction that sees all organizations.
  package static func grant(
    _ session: PGSession, user: String, organization: String, level: String
  ) throws -> Bool {
    try session.query(Queries.grantPermission, [.text(user), .text(organization), .text(level)]).rowCount > 0
  }

  /// False: there was nothing to take away. In a transaction that sees all organizations.
  package static func revoke(_ session: PGSession, user: String, organization: String) throws -> Bool {
    try session.query(Queries.revokePermission, [.text(user), .text(organization)]).rowCount > 0
  }
}
