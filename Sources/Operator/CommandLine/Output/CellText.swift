import Runtime

/// The texts of a cell in each format.
extension Cell {
  /// For people: one line, nothing in it can drive the terminal; empty for null.
  var shown: String {
    switch self {
    case .text(let value), .decimal(let value): printable(value)
    case .json(let value): printable(JSONText.compact(value) ?? value)
    default: raw ?? ""
    }
  }

  /// For CSV, not yet quoted; nil for null.
  var raw: String? {
    switch self {
    case .null: nil
    case .text(let value), .decimal(let value): value
    case .integer(let value): String(value)
    case .real(let value): value.isFinite ? String(value) : nil
    case .boolean(let value): value ? "true" : "false"
    case .time(let value): timestamp(value)
    case .json(let value): JSONText.compact(value) ?? value
    }
  }

  /// A JSON value on one line.
  var json: String {
    switch self {
    case .null: "null"
    case .text(let value): printableJSONString(value)
    case .integer(let value): String(value)
    case .decimal(let value): JSONText.isNumber(value) ? value : printableJSONString(value)
    case .real(let value): value.isFinite ? String(value) : "null"
    case .boolean(let value): value ? "true" : "false"
    case .time(let value): printableJSONString(timestamp(value))
    case .json(let value): JSONText.compact(value) ?? printableJSONString(value)
    }
  }
}
