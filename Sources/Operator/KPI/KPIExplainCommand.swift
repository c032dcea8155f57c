import FoundationEssentials
import Runtime
import SyncStore

/// `syncline kpi explain ORG`: the jobs and commits that moved a total between two moments, to the cent.
enum KPIExplainCommand {
  static let columns =
    [Column("entry"), Column("changed_at", .time), Column("cause"), Column("cause_id"), Column("requested_by")]
    + [Column("reason")] + ["plan_cost", "forecast_cost", "actual_cost", "variance"].map { Column($0, .decimal) }
    + ["record_count", "actualized_count"].map { Column($0, .integer) }

  static let command = Command(
    path: ["kpi", "explain"], summary: "Show which jobs and commits moved a total between two moments",
    discussion: """
      The first line is the total at --from, the last one at --to, those between what changed it; they sum to the cent. \
      Without a group the organization's total is meant. A change counts at the moment its transaction began.
      """,
    arguments: [Argument("ORG", "the organization")],
    options: [
      Option.text("category", "TEXT", "only this category"), Option.text("source", "TEXT", "only this source"),
      Option.text("dor", "TEXT", "only this division of responsibility"),
      Option.text("from", "TIME", "changes after it, RFC 3339 or a date (default: from the beginning)"),
      Option.text("to", "TIME", "changes until it (default: now)"),
    ],
    examples: [
      Example(
        "syncline kpi explain RIO --category 'Tower Cranes' --from 2026-01-01 --to 2026-02-01T00:00:00Z",
        "what happened in January?")
    ], needs: [.database]
  ) { invocation in
    let organization = try invocation.argument("ORG")
    let (from, to) = try span(invocation)
    let table = try await Database.report(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      return try Table(
        try KPIReports.explain(
          session, organization: organization, category: invocation.option("category"),
          source: invocation.option("source"), dor: invocation.option("dor"), from: from, to: to), columns)
    }
    try invocation.output.write(table)
    return .ok
  }

  /// The two moments as PostgreSQL takes them. Throws when the first one is after the second, which is now when it was
  /// not given: the totals between them would be those of another moment.
  private static func span(_ invocation: Invocation) throws(CommandError) -> (from: String?, to: String?) {
    let (from, to) = (try moment(invocation, "from"), try moment(invocation, "to"))
    guard let begin = from.flatMap(parseMoment), begin > (to.flatMap(parseMoment) ?? Date()) else { return (from, to) }
    let end = invocation.option("to").map { "--to '\($0)'" } ?? "now, where changes end without --to"
    throw CommandError(
      .usage, "INVALID_OPTION", "--from '\(invocation.option("from") ?? "")' is after \(end)",
      hint: "give the earlier moment with --from and the later one with --to")
  }

  /// A moment as PostgreSQL takes it; nil when it was not given.
  private static func moment(_ invocation: Invocation, _ name: String) throws(CommandError) -> String? {
    guard let text = invocation.option(name) else { return nil }
    guard let moment = canonicalMoment(text) else {
      throw CommandError(
        .usage, "INVALID_OPTION", "--\(name) '\(text)' is no time",
        hint: "write 2026-01-31 or 2026-01-31T09:30:00Z")
    }
    return moment
  }

  /// `YYYY-MM-DD`, or with a time and an offset as RFC 3339 has them; nil for anything else.
  static func canonicalMoment(_ text: String) -> String? {
    var moment = text.replacing("T", with: " ", maxReplacements: 1).replacing("t", with: " ", maxReplacements: 1)
    if moment.count == 10 { moment += " 00:00:00Z" }
    if moment.hasSuffix("Z") || moment.hasSuffix("z") { moment = moment.dropLast() + "+00" }
    return parseMoment(moment) == nil ? nil : moment
  }
}
