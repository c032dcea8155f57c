import SyncDomain

/// What a dry run found: counts, then the change of each group's totals.
struct DryRunReport {
  let json: [UInt8]

  func write(_ output: Output) throws {
    guard let value = try? JSONValue(parsing: json) else { return }
    let names = [
      "received", "inserted", "updated", "unchanged", "stale", "discontinued", "conflicted", "rejected", "would_sweep",
    ]
    try output.show(
      names.map { Column($0, .integer) }, names.map { .integer(value[$0]?.integer) },
      with: ("kpi_effect", effect(value["kpi_effect"])))
  }

  private func effect(_ groups: JSONValue?) -> Table {
    var table = Table(KPIColumns.effect)
    guard case .array(let groups)? = groups else { return table }
    for group in groups { table.rows.append(KPIColumns.effect.map { cell(group[$0.name], $0.kind) }) }
    return table
  }

  /// Money with its two places, as everywhere: the job keeps numbers without trailing zeros.
  private func cell(_ value: JSONValue?, _ kind: Column.Kind) -> Cell {
    switch (kind, value) {
    case (.decimal, .number(let text)?): .decimal(Cents.parse(text).map(Cents.text) ?? text)
    case (.integer, _): .integer(value?.integer)
    default: .text(value?.string)
    }
  }
}
