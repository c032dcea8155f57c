import HTTP
import Runtime
import SyncDomain

/// Answers `POST /axis/restservices/griddata` in the dialect of the request.
struct SimulatedGrid {
  private let request: JSONValue
  private let filter: SimulatedFilter
  let organization: String
  private let isRowset: Bool
  private let skip: Int
  private let size: Int
  private let order: Order

  private enum Order { case modified, pfaId }

  /// The rows of one page and what is around them.
  struct Page {
    var rows: [SimulatedRow]
    /// nil when this answer does not tell.
    var total: Int?
    var more: Bool
    var position: Int
    var behaviour: SimulatedBehaviour
    var time: Int64
  }

  /// nil when the request makes no sense.
  init?(_ call: HTTPCall, _ behaviour: SimulatedBehaviour) {
    guard let request = try? JSONValue(parsing: call.body), let grid = request["GRID"],
      let organization = call.headers["organization"], grid["GRID_NAME"]?.string?.isEmpty == false,
      let filter = SimulatedFilter(
        request, organization: organization, organizationOnly: behaviour.filtersOrganizationOnly,
        ignoresGroups: behaviour.ignoresGroups)
    else { return nil }
    self.request = request
    self.filter = filter
    self.organization = organization
    isRowset = grid["ROW_OFFSET"] != nil
    let offset = isRowset ? grid["ROW_OFFSET"]?.integer : grid["CURSOR_POSITION"]?.integer.map { $0 - 1 }
    size = Int(min(10_000, max(1, grid["NUMBER_OF_ROWS_FIRST_RETURNED"]?.integer ?? 100)))
    let rowsBefore = Int(max(0, offset ?? 0)) * (behaviour.countsPages ? size : 1)
    skip = behaviour.ignoresPosition ? 0 : rowsBefore
    if !behaviour.ignoresSort, case .array(let sort)? = request["MULTIADDON_SORT"]?["MADDON_SORT"],
      let first = sort.first?["ALIAS_NAME"]?.string, first.lowercased() != "pfs_id" || behaviour.sortsByTimeOnly
    {
      order = .modified
    } else {
      order = .pfaId
    }
  }

  /// The first page of a read.
  var begins: Bool { skip == 0 && !filter.continues }

  func page(_ state: inout SimulatedState) -> Page {
    let behaviour = state.behaviour
    var all = state.rows[organization] ?? []
    if behaviour.mixesOrganizations { all = state.rows.values.flatMap(\.self).sorted(by: SimulatedRow.precedes) }
    switch order {
    // What is sorted are few rows: those of one id.
    case .pfaId: all = all.filter(filter.matches).sorted { $0.pfaId < $1.pfaId }
    case .modified where behaviour.sortsByTimeOnly:
      all.sort { $0.modified != $1.modified ? $0.modified < $1.modified : $0.pfaId > $1.pfaId }
    case .modified: break
    }
    let from = order == .modified ? firstIndex(all) : 0
    let limit = min(size, behaviour.pageCap ?? size)
    var rows: [SimulatedRow] = []
    var matched = 0
    let withheld = behaviour.withheld[organization] ?? []
    for row in all[from...] where filter.matches(row) {
      if skip..<(skip + limit) ~= matched, !withheld.contains(row.pfaId) { rows.append(row) }
      matched += 1
    }
    let end = max(skip, min(matched, skip + limit))
    if let repeated = state.serve(organization, last: rows.last) { rows.insert(repeated, at: 0) }
    let isSilent = behaviour.dropsTotal || behaviour.tellsTotalOnce && !begins
    return Page(
      rows: rows, total: isSilent ? nil : matched, more: matched > end,
      position: behaviour.countsPages ? skip / size + 1 : end, behaviour: behaviour, time: state.now)
  }

  /// The first row that can match, by halving: rows are sorted by modified.
  private func firstIndex(_ rows: [SimulatedRow]) -> Int {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].modified < filter.lowest { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The answer's JSON; `fault` leaves out rows as it says.
  func body(_ page: Page, fault: SimulatedFault.Kind?) -> [UInt8] {
    var page = page
    let counted = page.rows.count
    switch fault {
    case .partial: page.rows.removeLast(min(page.rows.count, max(1, page.rows.count / 2)))
    case .emptyPage: (page.rows, page.more) = ([], true)
    case .emptyResult: (page.rows, page.more, page.total) = ([], false, 0)
    default: break
    }
    let told = fault == .partial ? counted : page.rows.count
    var out = Array(#"{"ErrorAlert":[],"ConfirmationAlert":[],"Result":{"ResultData":{"#.utf8)
    if isRowset { out += Array(#""GRID":{"#.utf8) }
    metadata(page, told, &out)
    out += Array((isRowset ? #""DATA":{"ROW":["# : #""DATARECORD":["#).utf8)
    let writer = SimulatedRowWriter(page.behaviour)
    for (index, row) in page.rows.enumerated() {
      if index > 0 { out.append(0x2C) }
      write(writer.cells(row), number: index + 1, &out)
    }
    out += Array((isRowset ? "]}}" : "]").utf8)
    out += Array(#"},"InfoAlert":[],"WarningAlert":[],"SessionID":"simulated"}}"#.utf8)
    return out
  }

  private func metadata(_ page: Page, _ told: Int, _ out: inout [UInt8]) {
    let total = page.total.map { String($0) } ?? "null"
    if isRowset {
      out += Array(#""TOTAL-COUNT":\#(total),"CLIENTROWS":\#(told),"SERVERTIMESTAMP":\#(page.time),"#.utf8)
      return
    }
    out += Array(#""RECORDS":\#(total),"CLIENTROWS":\#(told),"#.utf8)
    if !page.behaviour.dropsTotal { out += Array(#""MORERECORDPRESENT":"\#(page.more ? "+" : "-")","#.utf8) }
    out += Array(#""CURRENTCURSORPOSITION":\#(page.position),"SERVERTIMESTAMP":\#(page.time),"#.utf8)
  }

  private func write(_ cells: [(name: String, json: [UInt8])], number: Int, _ out: inout [UInt8]) {
    let (list, name, value) =
      isRowset ? ("CELL", "ALIAS_NAME", "VALUE") : ("DATAFIELD", "FIELDNAME", "FIELDVALUE")
    out += Array(#"{"id":\#(number),"\#(list)":["#.utf8)
    for (index, cell) in cells.enumerated() {
      if index > 0 { out.append(0x2C) }
      out += Array(#"{"\#(name)":"\#(cell.name)","\#(value)":"#.utf8)
      out += cell.json
      out.append(0x7D)
    }
    out += Array("]}".utf8)
  }
}
