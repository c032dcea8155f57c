/// The columns of projects, of their history and of plans.
enum SchemaColumns {
  static let projects = [
    Column("id"), Column("organization_id"), Column("name"), Column("version", .integer), Column("status"),
    Column("tables", .integer), Column("last_applied_version", .integer), Column("changes", .integer),
    Column("failures", .integer), Column("waiting", .integer), Column("applied_at", .time), Column("locked_by"),
    Column("locked_at", .time), Column("lock_expires_at", .time),
  ]

  static let changes = [
    Column("id", .integer), Column("organization_id"), Column("project_id"), Column("change_type"), Column("status"),
    Column("from_version", .integer), Column("to_version", .integer), Column("attempt", .integer),
    Column("error_code"), Column("error"), Column("created_by"), Column("created_at", .time),
    Column("applied_at", .time),
    Column("job_id"), Column("change_id"), Column("sql_executed"), Column("change_data", .json),
    Column("old_value", .json), Column("new_value", .json),
  ]

  /// All of them for programs, the telling ones for people.
  static func changes(for format: OutputFormat) -> [Column] {
    let wide: Set = ["job_id", "change_id", "sql_executed", "change_data", "old_value", "new_value"]
    return format == .table ? changes.filter { !wide.contains($0.name) } : changes
  }

  static let deployments = [
    Column("id"), Column("organization_id"), Column("target"), Column("schema_name"), Column("status"),
    Column("updated_at", .time),
  ]

  static let plan = [
    Column("direction"), Column("step", .integer), Column("lock"), Column("rewrites", .boolean),
    Column("scans", .boolean), Column("table_rows", .integer), Column("table_bytes", .integer),
    Column("estimated_ms", .integer), Column("lost_rows", .integer), Column("sql"),
  ]
}
