import HTTP
import SyncDomain

/// Answers `GET /records?organization=…&page=…&pageSize=…&form=…` for sources of kind `http-json`.
///
/// Forms: `object` (default: records, next, total, serverTime), `link` (an array and a Link header), `array` (pages
/// until an empty one), `ndjson` (with a Link header).
struct SimulatedWeb {
  enum Form: String { case object, link, array, ndjson }

  let organization: String
  let path: String
  private let page: Int
  private let size: Int
  private let form: Form

  init?(_ call: HTTPCall) {
    guard let organization = call.query("organization") ?? call.headers["organization"],
      let form = Form(rawValue: call.query("form") ?? "object")
    else { return nil }
    self.organization = organization
    self.form = form
    page = max(1, call.query("page").flatMap { Int($0) } ?? 1)
    size = min(10_000, max(1, call.query("pageSize").flatMap { Int($0) } ?? 1_000))
    path = call.path + "?" + call.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  var begins: Bool { page == 1 }

  func reply(_ state: inout SimulatedState) -> (headers: HTTPHeaders, body: [UInt8]) {
    let all = state.rows[organization] ?? []
    let from = min(all.count, (page - 1) * size)
    let rows = Array(all[from..<min(all.count, from + size)])
    let isLast = from + size >= all.count
    _ = state.serve(organization, last: rows.last)
    let next =
      "/records?organization=\(PercentEncoding.segment(organization))&page=\(page + 1)&pageSize=\(size)"
      + "&form=\(form.rawValue)"
    var headers: HTTPHeaders = ["Content-Type": form == .ndjson ? "application/x-ndjson" : "application/json"]
    if form == .link || form == .ndjson, !isLast { headers["Link"] = "<\(next)>; rel=\"next\"" }
    let separator: UInt8 = form == .ndjson ? 0x0A : 0x2C
    var list = Array(rows.map(record).joined(separator: [separator]))
    switch form {
    case .ndjson: if !list.isEmpty { list.append(0x0A) }
    case .link, .array: list = [0x5B] + list + [0x5D]
    case .object:
      let tail = #"],"next":\#(isLast ? "null" : "\"\(next)\""),"total":\#(all.count),"serverTime":\#(state.now)}"#
      list = Array(#"{"records":["#.utf8) + list + Array(tail.utf8)
    }
    return (headers, list)
  }

  private func record(_ row: SimulatedRow) -> [UInt8] {
    CanonicalRecord(
      pfaId: row.pfaId, order: SourceOrder(block: row.modified, index: row.recordId), discontinued: false,
      data: row.data, contentHash: 0
    ).encoded()
  }
}
