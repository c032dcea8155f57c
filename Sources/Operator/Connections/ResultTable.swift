import FoundationEssentials
import Postgres
import SyncDomain

extension Table {
  /// The rows of a result under these columns, found by name. Throws when the result lacks one or a value is not of the
  /// column's kind.
  init(_ result: PGResult, _ columns: [Column]) throws(PGError) {
    self.init(columns)
    for row in result.rows { rows.append(try Cell.cells(row, columns)) }
  }

  /// All rows as one JSON array.
  var json: Cell { .json("[" + rows.map { jsonObject(columns, $0) }.joined(separator: ", ") + "]") }
}

extension Cell {
  /// The fields of one row under these columns.
  static func cells(_ row: PGRow, _ columns: [Column]) throws(PGError) -> [Cell] {
    var cells: [Cell] = []
    for column in columns { cells.append(try Cell(try row.field(column.name), column.kind)) }
    return cells
  }

  /// Numbers with a fraction keep the text they have in the database.
  init(_ field: PGField, _ kind: Column.Kind) throws(PGError) {
    guard let text = field.text else {
      self = .null
      return
    }
    switch kind {
    case .text: self = .text(text)
    case .integer: self = .integer(try field.int)
    case .decimal: self = .decimal(text)
    case .boolean: self = try field.bool.map { .boolean($0) } ?? .null
    case .time: self = .moment(text)
    case .json: self = .json(text)
    }
  }

  /// A timestamptz by PostgreSQL's text; `infinity` and dates before our era stay as they are.
  static func moment(_ text: String) -> Cell { parseMoment(text).map { .time($0) } ?? .text(text) }
  static func moment(_ text: String?) -> Cell { text.map { moment($0) } ?? .null }
}

/// The moment that PostgreSQL's ISO text names (`2026-01-31 09:30:00.25+00`, other offsets too); nil for anything else.
func parseMoment(_ text: String) -> Date? {
  let parts = text.split(separator: " ")
  guard parts.count == 2, let date = CivilDate(String(parts[0])),
    let sign = parts[1].lastIndex(where: { $0 == "+" || $0 == "-" }),
    let clock = seconds(parts[1][..<sign]), let offset = seconds(parts[1][parts[1].index(after: sign)...])
  else { return nil }
  let local = Double(date.daysSinceEpoch) * 86_400 + clock
  return Date(timeIntervalSince1970: parts[1][sign] == "-" ? local + offset : local - offset)
}

/// `HH[:MM[:SS[.ffffff]]]` in seconds.
private func seconds(_ text: Substring) -> Double? {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  guard (1...3).contains(parts.count) else { return nil }
  var sum = 0.0
  for (part, unit) in zip(parts, [3600.0, 60, 1]) {
    guard part.first?.isNumber == true, let value = Double(part) else { return nil }
    sum += value * unit
  }
  return sum
}
