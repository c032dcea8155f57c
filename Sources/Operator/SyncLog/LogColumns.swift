/// The columns of `pfa_sync_log` and `sync_record_issue`.
enum LogColumns {
  static let all =
    [
      Column("id", .integer), Column("job_id"), Column("stream"), Column("attempt", .integer),
      Column("organization_id"),
      Column("sync_type"), Column("sync_direction"), Column("source"), Column("status"),
    ] + counts + [
      Column("swept", .integer), Column("pages", .integer), Column("error_code"), Column("error_message"),
      Column("started_at", .time), Column("completed_at", .time), Column("duration_ms", .integer),
    ]

  private static let counts = [
    "received", "inserted", "updated", "unchanged", "stale", "discontinued", "conflicted", "rejected",
  ].map { Column($0, .integer) }

  static func list(for format: OutputFormat) -> [Column] {
    guard format == .table else { return all }
    let hidden: Set = ["attempt", "sync_direction", "pages", "error_message", "stream", "completed_at"]
    return all.filter { !hidden.contains($0.name) }
  }

  static let issues = [
    Column("id", .integer), Column("job_id"), Column("stream"), Column("organization_id"), Column("page", .integer),
    Column("pfa_id"), Column("field"), Column("code"), Column("raw"), Column("rejected", .boolean),
    Column("topic"), Column("partition", .integer), Column("kafka_offset", .integer), Column("created_at", .time),
  ]

  /// Issues below a thing that names their run already.
  static func issues(for format: OutputFormat) -> [Column] {
    guard format == .table else { return issues }
    let shown: Set = ["page", "topic", "partition", "kafka_offset", "pfa_id", "field", "code", "raw", "rejected"]
    return issues.filter { shown.contains($0.name) }
  }
}
