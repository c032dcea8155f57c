import Postgres
import SQLCatalog

/// Tenants. Rows have the columns of `organization`; bind the session with `asSystem` or `reading` first.
package enum OrganizationStore {
  /// In order of id.
  package static func all(_ session: PGSession) throws -> PGResult {
    try session.query(Queries.listOrganizations)
  }

  /// Nil: there is none.
  package static func find(_ session: PGSession, _ id: String) throws -> PGRow? {
    try session.query(Queries.findOrganization, [.text(id)]).first
  }

  /// Nil: it is there already, and nothing changed.
  package static func add(_ session: PGSession, id: String, name: String) throws -> PGRow? {
    try session.query(Queries.addOrganization, [.text(id), .text(name)]).first
  }

  /// Nil: it does not exist, or has that status already.
  package static func set(_ session: PGSession, _ id: String, isSuspended: Bool) throws -> PGRow? {
    try session.query(Queries.setOrganizationStatus, [.text(id), .text(isSuspended ? "suspended" : "active")]).first
  }
}
