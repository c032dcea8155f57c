import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// What tests of schema changes ask of their world, and what they look at in targets.
extension WorkerWorld {
  /// A worker that finds its work in the database, and then waits for its partitions: librdkafka 2.0.2 aborts when a
  /// consumer is destroyed before its first assignment (confluentinc/librdkafka#4312).
  func startMember(_ body: () async throws -> Void) async throws {
    let worker = try startWorker { $0.owner = "member" }
    try await body()
    try await until("the worker has partitions") {
      try await !lines("SELECT 1 FROM consumer_offset WHERE owner = 'member'").isEmpty
    }
    await worker.stop()
  }

  /// Where the tables of an organization are; nil: the shared configuration.
  func deploy(_ organization: String? = nil, target: String = "master", status: String = "active") async throws {
    _ = try await connection.run { session in
      try session.query(
        "INSERT INTO deployment_configs (organization_id, target, status) VALUES ($1, $2, $3)",
        [PGValue(organization), .text(target), .text(status)])
    }
  }

  /// Puts a change on the topic; returns its job.
  @discardableResult
  func change(
    _ change: String, project: String = "plan", version: Int, organization: String = "RIO", user: String = "ana",
    more: String = "", id: String = UUIDText.random()
  ) async throws -> String {
    let data = """
      {"organization_id":"\(organization)","project_id":"\(project)","change":\(change),\
      "current_version":\(version),"user_id":"\(user)"\(more)}
      """
    let event = CloudEvent(
      id: id, source: "app", type: SchemaChangeRequest.type, organization: organization, data: Array(data.utf8))
    try await produce(event, key: project, topic: topics.schemaChange)
    return UUIDText.event(source: "app", id: id)
  }

  /// A change and its end.
  @discardableResult
  func alter(
    _ change: String, project: String = "plan", version: Int, organization: String = "RIO", more: String = ""
  ) async throws -> Job {
    try await waitForJob(
      try await self.change(change, project: project, version: version, organization: organization, more: more))
  }

  /// A project with a table `orders` (number, amount) at version 2.
  func makeProject(_ project: String = "plan", organization: String = "RIO") async throws {
    let created = try await alter(
      #"[{"type":"create_project","name":"\#(project)"},\#(SchemaWorld.orders)]"#, project: project, version: 0,
      organization: organization)
    #expect(created.state == "succeeded", "\(created)")
  }

  /// `version status` of a project; nil when there is none.
  func project(_ id: String = "plan") async throws -> String? {
    try await lines("SELECT version, status FROM projects WHERE id = '\(id)'").first
  }

  /// `status error_code` of the attempts of a project, in order.
  func history(_ project: String = "plan") async throws -> [String] {
    try await lines("SELECT status, error_code FROM schema_changes WHERE project_id = '\(project)' ORDER BY id")
  }

  /// The columns of the target's tables by the catalogs: `t_orders c_amount numeric(12,2) NOT NULL default`.
  func columns(_ organization: String = "RIO", of target: WorldConnection? = nil) async throws -> [String] {
    let schema = try DeploymentStore.schema(organization: organization).name
    return try await (target ?? connection).run { session in
      try session.query(
        """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
          CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE n.nspname = $1 AND c.relkind = 'r' AND starts_with(c.relname, 't_') AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY c.relname, a.attname
        """, [.text(schema)]
      ).rows.map { row in (0..<5).compactMap { row[$0].text }.joined(separator: " ") }
    }
  }

  /// The constraints of the target's tables, as PostgreSQL writes them, without the schema's name.
  func constraints(_ organization: String = "RIO") async throws -> [String] {
    let schema = try DeploymentStore.schema(organization: organization).name
    return try await connection.run { session in
      try session.query(
        """
        SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
        WHERE n.nspname = $1 AND c.conrelid <> 0 AND NOT c.conrelid::regclass::text LIKE '%metadata%' ORDER BY 1, 2
        """, [.text(schema)]
      ).rows.map { row in (0..<3).compactMap { row[$0].text }.joined(separator: " ").replacing(schema + ".", with: "") }
    }
  }

  /// Projects whose target's ledger and history do not agree with the master; empty when all is right.
  func disagreements(_ organization: String = "RIO") async throws -> [String] {
    let schema = try DeploymentStore.schema(organization: organization).name
    return try await lines(
      """
      SELECT p.id, p.version, m.version FROM projects p
      LEFT JOIN LATERAL (SELECT max(to_version) AS version FROM "\(schema)".__schema_metadata__ l
        WHERE l.project_id = p.id AND l.status = 'applied') m ON true
      WHERE p.organization_id = '\(organization)' AND (p.version IS DISTINCT FROM m.version OR p.status <> 'ready'
        OR p.version IS DISTINCT FROM p.last_applied_version OR p.lock_token IS NOT NULL)
      """)
  }
}

enum SchemaWorld {
  static let orders = """
    {"type":"add_table","table":{"id":"orders","name":"Orders","columns":[\
    {"id":"number","name":"Number","type":"text","nullable":false},\
    {"id":"amount","name":"Amount","type":"numeric(12,2)","default":0}]}}
    """
}
