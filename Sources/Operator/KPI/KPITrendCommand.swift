import SyncStore

/// `syncline kpi trend ORG`: what the totals were at the end of each day.
enum KPITrendCommand {
  static let command = Command(
    path: ["kpi", "trend"], summary: "Show what the totals were at the end of each day",
    discussion: """
      Days in UTC; the last one is as of the moment that is told beside it. Workers keep the trend a second or so \
      behind the totals; 'syncline kpi show ORG' has those themselves.
      """,
    arguments: [Argument("ORG", "the organization")],
    options: [
      .text("category", "TEXT", "only this category (default: all together)"),
      .integer("days", "N", "how many days back", in: 1...3_660, default: 30),
    ],
    examples: [Example("syncline kpi trend RIO --category 'Tower Cranes' --days 90", "a quarter of one category")],
    needs: [.database]
  ) { invocation in
    let organization = try invocation.argument("ORG")
    let days = Int(invocation.integer("days") ?? 30)
    let (table, refreshed) = try await Database.read(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      let rows = try TrendStore.list(
        session, organization: organization, category: invocation.option("category"), days: days)
      return (try Table(rows, KPIColumns.trend), try TrendStore.refreshedAt(session, organization: organization))
    }
    try invocation.output.write(table)
    invocation.output.message(
      refreshed.flatMap(parseMoment).map { "as of \(Cell.time($0).shown)" }
        ?? "no worker has kept a trend of this organization yet")
    return .ok
  }
}
