/// The columns of `pfa_modification` and `pfa_sync_conflict`, with the record's pfaId.
enum DraftColumns {
  static let states = ["draft", "committed", "syncing", "synced", "conflict", "failed", "superseded"]

  static let all = [
    Column("id"), Column("organization_id"), Column("pfa_id"), Column("user_id"), Column("session_id"),
    Column("sync_state"), Column("modified_fields", .json), Column("delta", .json), Column("base_values", .json),
    Column("base_version", .integer), Column("current_version", .integer), Column("remote_fields", .json),
    Column("commit_id"), Column("change_reason"), Column("error_code"), Column("error_message"),
    Column("created_at", .time), Column("updated_at", .time), Column("committed_at", .time),
    Column("synced_at", .time),
  ]

  static func list(for format: OutputFormat) -> [Column] {
    guard format == .table else { return all }
    let names: Set = [
      "pfa_id", "user_id", "session_id", "sync_state", "delta", "base_version", "current_version", "remote_fields",
      "error_code",
    ]
    return all.filter { names.contains($0.name) }
  }

  static let conflict = [
    Column("id"), Column("organization_id"), Column("pfa_id"), Column("kind"), Column("conflict_fields", .json),
    Column("status"), Column("user_id"), Column("session_id"), Column("modification_id"), Column("sync_state"),
    Column("base_values", .json), Column("local_values", .json), Column("remote_values", .json),
    Column("current_version", .integer), Column("resolution"), Column("resolved_by"), Column("resolution_reason"),
    Column("resolved_values", .json), Column("created_at", .time), Column("updated_at", .time),
    Column("resolved_at", .time),
  ]

  static func conflicts(for format: OutputFormat) -> [Column] {
    guard format == .table else { return conflict }
    let names: Set = ["id", "pfa_id", "kind", "conflict_fields", "status", "user_id", "resolution", "created_at"]
    return conflict.filter { names.contains($0.name) }
  }
}
