import Postgres
import SyncDomain
import SyncStore

/// `syncline drafts check`: what a commit would do now, without doing it.
enum DraftsCheckCommand {
  static let command = Command(
    path: ["drafts", "check"], summary: "Tell what a commit would do now, and do nothing",
    discussion: """
      One row for each draft with its outcome, then the change of the totals if everything that can be applied were. \
      Exits 9 when there are conflicts, 40 when a value is refused.
      """,
    arguments: DraftSession.arguments, options: DraftSession.options,
    examples: [Example("syncline drafts check --session s-17 --user ann", "before a commit")], needs: [.database]
  ) { invocation in
    let session = try await DraftSession(invocation)
    // Partial, so that the effect of what can be applied is told beside what can not.
    let request = DraftCommitRequest(
      organization: session.organization, commitId: "check", userId: session.user, sessionId: session.id, partial: true)
    let (edits, totals, exit) = try await Database.read(invocation) { connection in
      let forecast = try DraftStore.forecast(connection, request)
      return (table(forecast), try Table(forecast.totals, KPIColumns.effect), exitCode(forecast.outcome))
    }
    let output = invocation.output
    guard output.format == .table else {
      try output.show(
        [Column("session_id"), Column("edits", .json), Column("kpi_effect", .json)],
        [.text(session.id), edits.json, totals.json])
      return exit
    }
    try output.write(edits)
    try output.text("\n")
    try output.write(totals)
    return exit
  }

  private static let columns = [
    Column("pfa_id"), Column("outcome"), Column("code"), Column("fields", .json),
    Column("base_version", .integer), Column("current_version", .integer), Column("remote_fields", .json),
  ]

  private static func table(_ forecast: DraftStore.Forecast) -> Table {
    func row(
      _ pfaId: String, _ outcome: String, _ code: String?, _ fields: [String], _ edit: DraftEdit
    ) -> [Cell] {
      let mark = forecast.marks[edit.id]
      return [
        .text(pfaId), .text(outcome), .text(code), .list(fields), .integer(edit.baseVersion),
        .integer(mark.map { Int64($0.version) }), mark.map { .list($0.remote) } ?? .null,
      ]
    }
    let outcome = forecast.outcome
    let rows =
      outcome.applied.map {
        row($0.record.pfaId, $0.patch.isEmpty ? "unchanged" : "apply", nil, $0.patch.fields, $0.edit)
      }
      + outcome.conflicted.map {
        row($0.record.pfaId, "conflict", $0.conflict.kind.rawValue, $0.conflict.fields, $0.edit)
      }
      + outcome.refused.map {
        row($0.pfaId, "refused", $0.findings.first?.code, $0.findings.map(\.field), $0.edit)
      }
    return Table(columns, rows: rows)
  }

  private static func exitCode(_ outcome: CommitOutcome) -> ExitCode {
    if !outcome.conflicted.isEmpty { return .conflict }
    if outcome.isForbidden { return .failure }
    return outcome.refused.isEmpty ? .ok : .invalid
  }
}
