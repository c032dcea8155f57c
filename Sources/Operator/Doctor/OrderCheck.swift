import Runtime
import SyncStore

/// Records that nothing PEMS sends will ever replace, because their order lies in the future. A 64-bit order is legal,
/// so none is refused; but a wrong clock must not freeze a record unseen.
enum OrderCheck {
  static func judge(_ found: [RecordReports.AheadOrders]) -> Check {
    guard let first = found.first else { return Check("orders", .ok, "no record is ahead of its time") }
    let counts = found.map { "\($0.records) of \($0.organization)" }.joined(separator: ", ")
    let (tenant, record) = (shellQuoted(first.organization), shellQuoted(first.example))
    return Check(
      "orders", .warning, "records with an order more than a day ahead, which nothing newer replaces: \(counts)",
      remedy: "see 'syncline records show \(tenant) \(record)', then 'syncline records release \(tenant) \(record)'")
  }
}
