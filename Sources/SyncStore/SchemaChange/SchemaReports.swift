import Postgres
import SQLCatalog

/// Projects, their history and their targets for people to read. Bind the session with `reading` first.
package enum SchemaReports {
  /// Nil: there is no such project.
  package static func project(
    _ session: PGSession, _ id: String
  ) throws -> (organization: String, name: String, version: Int32)? {
    guard let row = try session.query(Queries.findProject, [.text(id)]).first else { return nil }
    return (try row.string("organization_id"), try row.string("name"), Int32(clamping: try row.integer("version")))
  }

  /// In order of organization and id; nil means any.
  package static func projects(
    _ session: PGSession, project: String?, organization: String?, limit: Int64
  ) throws -> PGResult {
    try session.query(
      Queries.listProjects, [PGValue(project), PGValue(organization), .int4(Int32(clamping: limit))])
  }

  /// The newest attempts first, rows of `schema_changes`; nil means any.
  package static func history(
    _ session: PGSession, project: String? = nil, organization: String? = nil, job: String? = nil,
    onlyErrors: Bool = false, limit: Int64
  ) throws -> PGResult {
    let values: [PGValue] = [
      PGValue(project), PGValue(organization), .bool(onlyErrors), .int4(Int32(clamping: limit)),
      job.map { .uuid($0) } ?? .null,
    ]
    return try session.query(Queries.listSchemaChanges, values)
  }

  /// Rows of `deployment_configs`.
  package static func deployments(_ session: PGSession) throws -> PGResult {
    try session.query(Queries.listDeployments)
  }

  /// Sets where an organization's tables are; nil: of all that have no configuration of their own. Bind the session
  /// with `asSystem` first.
  package static func setDeployment(
    _ session: PGSession, organization: String?, target: String, schema: String?, status: String
  ) throws -> PGRow {
    let values: [PGValue] = [PGValue(organization), .text(target), PGValue(schema), .text(status)]
    return try session.query(Queries.setDeployment, values).one()
  }
}
