/// The columns of `organization` and of what operators decided about it.
enum OrganizationColumns {
  static let all = [
    Column("id"), Column("name"), Column("status"), Column("created_at", .time), Column("updated_at", .time),
  ]
}

/// The columns of `operator_event`.
enum HistoryColumns {
  static let all = [
    Column("created_at", .time), Column("organization_id"), Column("subject_id"), Column("event"), Column("actor"),
    Column("reason"), Column("before", .json), Column("after", .json),
  ]

  /// Below the thing that it is about.
  static let ofOne = all.filter { !["organization_id", "subject_id"].contains($0.name) }
}
