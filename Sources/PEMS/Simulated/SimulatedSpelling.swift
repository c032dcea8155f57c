import SyncDomain

/// Writes values in the spellings PEMS has for them (domain.md section 1), all in turn.
struct SimulatedSpelling {
  let decimalComma: Bool
  let isPlain: Bool

  private static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

  /// A JSON literal for the canonical value of a field; `turn` picks the spelling.
  func literal(_ value: JSONValue, key: String, turn: Int) -> JSONValue {
    guard let kind = FieldTable.field(key)?.kind else { return value }
    let turn = isPlain ? 0 : turn
    switch (kind, value) {
    case (.date, .string(let text)): return CivilDate(text).map { date($0, turn) } ?? value
    case (.boolean, .bool(let flag)): return boolean(flag, turn)
    case (.money, .number(let literal)): return money(literal, turn)
    default: return value
    }
  }

  func instant(_ milliseconds: Int64, turn: Int) -> JSONValue {
    switch isPlain ? 0 : turn % 3 {
    case 1: return .number(String(milliseconds))
    case 2: return .object([.init("YEAR", .number(String(milliseconds)))])
    default: return .string(InstantSpelling.text(milliseconds))
    }
  }

  private func date(_ date: CivilDate, _ turn: Int) -> JSONValue {
    let milliseconds = String(Int64(date.daysSinceEpoch) * 86_400_000)
    let named = "\(date.text.suffix(2))-\(SimulatedSpelling.months[date.month - 1])-\(date.text.prefix(4))"
    switch turn % 9 {
    case 1: return .string(date.text + "T00:00:00")
    case 2: return .string(date.text + "T00:00:00Z")
    case 3: return .string(named)
    case 4: return .string(named + " 00:00:00")
    case 5: return .string(date.text + " 00:00")
    case 6: return .number(milliseconds)
    case 7: return .string(milliseconds)
    case 8:
      return .object([
        .init("YEAR", .number(milliseconds)), .init("MONTH", .number(String(date.month))),
        .init("DAY", .number(String(date.day))),
      ])
    default: return .string(date.text)
    }
  }

  private func boolean(_ flag: Bool, _ turn: Int) -> JSONValue {
    switch turn % 5 {
    case 1: .bool(flag)
    case 2: .string(flag ? "true" : "false")
    case 3: .string(flag ? "+" : "-")
    case 4: .string(flag ? "-1" : "0")
    default: .string(flag ? "Y" : "N")
    }
  }

  private func money(_ literal: String, _ turn: Int) -> JSONValue {
    let parts = literal.split(separator: ".", omittingEmptySubsequences: false)
    let point = decimalComma ? "," : "."
    let fraction = parts.count == 2 ? point + parts[1] : ""
    switch turn % 3 {
    case 1: return .string(grouped(parts[0]) + fraction)
    case 2: return .string(String(parts[0]) + fraction)
    default: return .number(literal)
    }
  }

  private func grouped(_ digits: Substring) -> String {
    var out: [Character] = []
    for (index, digit) in digits.reversed().enumerated() {
      if index > 0, index % 3 == 0, digit != "-" { out.append(decimalComma ? "." : ",") }
      out.append(digit)
    }
    return String(out.reversed())
  }
}
