import SyncDomain
import SyncStore

/// What `records list` and `records show` are told about which records and whose drafts.
enum RecordOptions {
  static let session: [Option] = [
    .text("session", "ID", "lay the drafts of this session over"),
    .text("user", "ID", "of the session only this user's drafts"),
  ]

  /// Throws for a date that is none, for a span that ends before it begins, and for JSON that is no object.
  static func filter(_ invocation: Invocation) throws(CommandError) -> RecordFilter {
    var filter = RecordFilter()
    filter.category = invocation.option("category")
    filter.recordClass = invocation.option("class")
    filter.source = invocation.option("source")
    filter.dor = invocation.option("dor")
    filter.contract = invocation.option("contract")
    filter.forecastFrom = try date("forecast-from", invocation)
    filter.forecastTo = try date("forecast-to", invocation)
    if let from = filter.forecastFrom, let to = filter.forecastTo, from > to {
      let days = ["forecast-from", "forecast-to"].map { "--\($0) \(invocation.option($0) ?? "")" }
      throw CommandError(
        .usage, "INVALID_OPTION", days.joined(separator: " is after "),
        hint: "give the earlier day with --forecast-from")
    }
    if let text = invocation.option("contains") {
      guard let value = try? JSONValue(parsing: Array(text.utf8)), case .object = value else {
        throw invalid("contains", text, "a JSON object such as '{\"model\":\"LTM 1100\"}'")
      }
      filter.contained = value.canonical()
    }
    switch invocation.option("discontinued") {
    case "yes": filter.isDiscontinued = true
    case "any": break
    default: filter.isDiscontinued = false
    }
    if invocation.flag("drafts") { filter.hasDraft = true }
    return filter
  }

  /// Throws when a user is named without a session.
  static func view(_ invocation: Invocation) throws(CommandError) -> RecordView {
    let view = RecordView(session: invocation.option("session"), user: invocation.option("user"))
    let needsSession = view.user != nil || invocation.flag("drafts")
    guard view.session != nil || !needsSession else {
      throw CommandError(.usage, "MISSING_OPTION", "drafts belong to a session", hint: "give --session ID")
    }
    return view
  }

  private static func date(_ name: String, _ invocation: Invocation) throws(CommandError) -> CivilDate? {
    guard let text = invocation.option(name) else { return nil }
    guard let date = CivilDate(text) else { throw invalid(name, text, "a day such as 2026-01-31") }
    return date
  }

  private static func invalid(_ name: String, _ text: String, _ wanted: String) -> CommandError {
    CommandError(.usage, "INVALID_OPTION", "--\(name) is '\(text)'", hint: "give \(wanted)")
  }
}

/// The columns of `pfa_merged_live`.
enum RecordColumns {
  static let all =
    [Column("pfa_id"), Column("organization_id"), Column("version", .integer)]
    + ["category", "class", "source", "dor", "area_silo", "manufacturer", "model"].map { Column($0) }
    + ["monthly_rate", "purchase_price"].map { Column($0, .decimal) }
    + ["original_start", "original_end", "forecast_start", "forecast_end", "actual_start", "actual_end"].map {
      Column($0)
    }
    + [
      "is_actualized", "is_discontinued", "is_funds_transferable", "has_plan", "has_actuals",
    ].map { Column($0, .boolean) } + [
      Column("contract"), Column("has_draft", .boolean), Column("modified_fields", .json),
      Column("remote_fields", .json), Column("updated_at", .time), Column("data", .json),
    ]

  static func list(for format: OutputFormat) -> [Column] {
    guard format == .table else { return all }
    let names: Set = [
      "pfa_id", "version", "category", "class", "source", "dor", "monthly_rate", "purchase_price", "forecast_start",
      "forecast_end", "has_draft",
    ]
    return all.filter { names.contains($0.name) }
  }

  static let one =
    [
      Column("id"), Column("pfa_id"), Column("organization_id"), Column("version", .integer), Column("data", .json),
      Column("pending_base", .json), Column("has_draft", .boolean), Column("modified_fields", .json),
      Column("base_version", .integer), Column("remote_fields", .json),
    ] + ["source_block", "source_index", "content_hash"].map { Column($0, .integer) } + [Column("swept_by")]
    + ["last_synced_at", "created_at", "updated_at"].map { Column($0, .time) }

  /// What people did about a record; what exactly changed for programs only.
  static func history(for format: OutputFormat) -> [Column] {
    let columns = [
      Column("created_at", .time), Column("subject"), Column("event"), Column("actor"), Column("reason"),
    ]
    return format == .table ? columns : columns + [Column("data", .json)]
  }
}
