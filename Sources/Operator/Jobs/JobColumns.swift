/// The columns of `sync_job`: all but the fencing token for programs, the telling ones for people.
enum JobColumns {
  static let all = [
    Column("id"), Column("organization_id"), Column("kind"), Column("state"), Column("result"),
    Column("attempt", .integer), Column("priority", .integer), Column("run_at", .time), Column("idempotency_key"),
    Column("parameters", .json), Column("progress", .json), Column("requested_by"), Column("error_code"),
    Column("error_message"), Column("lease_owner"), Column("lease_expires_at", .time), Column("created_at", .time),
    Column("started_at", .time), Column("finished_at", .time), Column("updated_at", .time),
    Column("retry_of"),
  ]

  static func list(for format: OutputFormat) -> [Column] {
    guard format == .table else { return all }
    return [
      Column("id"), Column("organization_id"), Column("kind"), Column("state"), Column("result"),
      Column("attempt", .integer), Column("error_code"), Column("created_at", .time), Column("finished_at", .time),
    ]
  }

  /// What happened to a job, for people.
  static let history = [
    Column("version", .integer), Column("created_at", .time), Column("event"), Column("actor"), Column("reason"),
  ]
}
