import Postgres
import Runtime
import SQLCatalog
import SyncDomain

/// Where organizations' tables are.
package enum DeploymentStore {
  /// The namespace of organizations whose code is no UUID. Changing it would give each of them another schema.
  private static let namespace = "0f3f6a52-3a63-4d0c-9f0b-6f3f1c9d7b21"

  /// The configuration that counts for an organization, and its schema there. Inside a transaction that sees the
  /// organization. Throws ``SchemaFault``.
  package static func find(
    _ session: PGSession, organization: String
  ) throws -> (deployment: Deployment, schema: TargetSchema) {
    let rows = try session.query(Queries.findDeployments, [.text(organization)]).rows.map { row in
      Deployment(
        isOwn: try row.bool("is_own") ?? false, target: try row.string("target"),
        schemaName: try row.text("schema_name"),
        status: try row.string("status"))
    }
    let chosen = try Deployment.choose(rows)
    return (chosen, try schema(chosen, organization))
  }

  /// `org_` and the organization's UUID without dashes: its id where that is one, else one derived from it.
  package static func schema(organization: String) throws -> TargetSchema {
    if let schema = TargetSchema(uuid: organization) { return schema }
    guard let schema = UUIDText.named(organization, in: namespace).flatMap({ TargetSchema(uuid: $0) }) else {
      throw SchemaFault(.deploymentMissing, "the organization's schema has no name")
    }
    return schema
  }

  private static func schema(_ deployment: Deployment, _ organization: String) throws -> TargetSchema {
    guard let name = deployment.schemaName else { return try schema(organization: organization) }
    guard let schema = TargetSchema(name) else {
      throw SchemaFault(
        .deploymentMissing, "the deployment configuration's schema is not org_ and 32 hexadecimal digits")
    }
    return schema
  }
}
