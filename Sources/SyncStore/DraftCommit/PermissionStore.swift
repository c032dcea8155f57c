import Postgres
import SQLCatalog

/// Who may edit the records of an organization. Bind the session with `asSystem` first.
package enum PermissionStore {
  package static func permit(_ session: PGSession, user: String, organization: String) throws {
    try session.query(Queries.permitEditor, [.text(user), .text(organization)])
  }
}
