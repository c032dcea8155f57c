import SyncDomain

/// What a dry run found: counts, then the change of each KPI group.
struct DryRunReport {
  let json: [UInt8]

  func write(_ output: Output) throws {
    guard let value = try? JSONValue(parsing: json) else { return }
    let names = [
      "received", "inserted", "updated", "unchanged", "stale", "discontinued", "conflicted", "rejected", "would_sweep",
    ]
    let counts = names.map { Cell.integer(value[$0]?.integer) }
    if output.format != .table {
      try output.show(
        names.map { Column($0, .integer) } + [Column("kpi_effect", .json)],
        counts + [value["kpi_effect"].map { .json(String(decoding: $0.canonical(), as: UTF8.self)) } ?? .null])
      return
    }
    try output.show(names.map { Column($0, .integer) }, counts)
    guard case .array(let groups)? = value["kpi_effect"], !groups.isEmpty else { return }
    var table = Table([
      Column("category"), Column("source"), Column("dor"), Column("plan_cost", .decimal),
      Column("forecast_cost", .decimal),
      Column("actual_cost", .decimal), Column("record_count", .integer),
    ])
    for group in groups {
      table.rows.append(
        ["category", "source", "dor"].map { Cell.text(group[$0]?.string) }
          + ["plan_cost", "forecast_cost", "actual_cost"].map { Cell.decimal(group[$0].flatMap(Self.number)) }
          + [.integer(group["record_count"]?.integer)])
    }
    try output.write(table)
  }

  private static func number(_ value: JSONValue) -> String? {
    guard case .number(let text) = value else { return nil }
    return text
  }
}
