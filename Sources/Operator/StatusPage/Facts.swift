import FoundationEssentials
import Postgres

/// One row as the page shows it: its fields by column name, as PostgreSQL writes them; null is absent.
struct Facts: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  private let fields: [String: String]

  init(dictionaryLiteral elements: (String, String)...) {
    fields = Dictionary(elements) { first, _ in first }
  }

  init(_ row: PGRow) {
    var fields: [String: String] = [:]
    for (index, column) in row.columns.enumerated() { fields[column] = row[index].text }
    self.fields = fields
  }

  static func all(_ result: PGResult) -> [Facts] { result.rows.map { Facts($0) } }

  subscript(_ column: String) -> String? { fields[column] }

  /// Empty for null.
  func text(_ column: String) -> String { fields[column] ?? "" }
  /// 0 for null and for what is no whole number.
  func integer(_ column: String) -> Int64 { fields[column].flatMap { Int64($0) } ?? 0 }
  /// nil for null and for what is no moment.
  func moment(_ column: String) -> Date? { fields[column].flatMap(parseMoment) }
  func isTrue(_ column: String) -> Bool { fields[column] == "t" }
}
