import Runtime
import SyncDomain
import SyncStore

/// `syncline records list ORG`: records as they are in effect, or as a session sees them.
enum RecordsListCommand {
  static let command = Command(
    path: ["records", "list"], summary: "List the records of an organization, a session's drafts laid over",
    discussion: """
      In order of pfa_id. --after the last one's pfa_id leads on to the next page. A filter looks at the record as it \
      is shown, so with --session at its drafts.
      """,
    arguments: [Argument("ORG", "the organization")],
    options: [
      .text("category", "TEXT", "only of this category"), .text("class", "TEXT", "only of this class"),
      .choice("source", ["Rental", "Purchase"], "only of this source"), .text("dor", "TEXT", "only of this dor"),
      .text("contract", "TEXT", "only of this contract"),
      .text("forecast-from", "DATE", "only with a forecast that ends after this day"),
      .text("forecast-to", "DATE", "only with a forecast that begins before this day"),
      .text("contains", "JSON", "only records whose data contain this object"),
      .choice("discontinued", ["no", "yes", "any"], "whether discontinued ones are listed", default: "no"),
    ] + RecordOptions.session + [
      .flag("drafts", "only records that the session has a draft of"),
      .text("after", "PFAID", "only records behind this one"),
      .integer("limit", "N", "at most this many, the first", in: 1...100_000, default: 1_000),
    ],
    examples: [
      Example("syncline records list RIO --category 'Tower Cranes' --source Rental", "rented cranes"),
      Example(
        "syncline records list RIO --forecast-from 2026-01-01 --forecast-to 2026-04-01 -o csv",
        "what is planned in a quarter"),
      Example("syncline records list RIO --contains '{\"manufacturer\":\"Liebherr\"}'", "by any field"),
      Example("syncline records list RIO --session s-17 --drafts", "what a session is about to change"),
    ], needs: [.database]
  ) { invocation in
    let organization = try invocation.argument("ORG")
    let filter = try RecordOptions.filter(invocation)
    let view = try RecordOptions.view(invocation)
    let columns = RecordColumns.list(for: invocation.output.format)
    let table = try await Database.read(invocation) { session in
      try Subjects.requireOrganization(session, organization)
      return try Table(
        try RecordReports.list(
          session, organization: organization, filter, as: view, after: invocation.option("after"),
          limit: invocation.integer("limit") ?? 1_000), columns)
    }
    try invocation.output.write(table)
    return .ok
  }
}
