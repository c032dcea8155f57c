/// The columns of `organization`.
enum OrganizationColumns {
  static let all = [
    Column("id"), Column("name"), Column("status"), Column("created_at", .time), Column("updated_at", .time),
  ]
}
