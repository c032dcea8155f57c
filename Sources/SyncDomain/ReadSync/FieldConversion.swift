/// Brings the value of a known field into its canonical kind (R15): what can not be read becomes null and an issue,
/// never zero and never a default.
struct FieldConversion {
  let locale: NumberLocale

  /// What a value became.
  enum Result {
    case value(JSONValue)
    /// The value to keep and the code of what was wrong.
    case issue(JSONValue, code: String)
    /// The record can not be stored.
    case reject(code: String)
  }

  /// Identifiers are not converted here: they decide about the record as a whole.
  func convert(_ value: JSONValue, to kind: FieldTable.Kind) -> Result {
    switch kind {
    case .id, .text: text(value)
    case .money: money(value)
    case .date: date(value)
    case .instant: instant(value)
    case .boolean: boolean(value)
    case .source: source(value)
    }
  }

  private func text(_ value: JSONValue) -> Result {
    switch value {
    case .null, .string: .value(value)
    case .number(let literal): .value(.string(literal))
    case .bool(let flag): .value(.string(flag ? "true" : "false"))
    case .array, .object: .issue(.null, code: IssueCode.invalidText)
    }
  }

  private func money(_ value: JSONValue) -> Result {
    let decimal: String
    switch value {
    case .null: return .value(.null)
    case .number(let literal): decimal = JSONNumber.canonical(literal, limit: .max)
    case .string(let text):
      if FieldConversion.isBlank(text) { return .value(.null) }
      guard let found = locale.decimal(text) else { return .issue(.null, code: IssueCode.invalidNumber) }
      decimal = found
    case .bool, .array, .object: return .issue(.null, code: IssueCode.invalidNumber)
    }
    guard let cents = Cents.parse(decimal) else { return .reject(code: IssueCode.numberOutOfRange) }
    if Cents.isExact(decimal) { return .value(.number(decimal)) }
    return .issue(.number(JSONNumber.canonical(Cents.text(cents))), code: IssueCode.numberRounded)
  }

  private func date(_ value: JSONValue) -> Result {
    switch value {
    case .null: return .value(.null)
    case .string(let text) where FieldConversion.isBlank(text): return .value(.null)
    default: break
    }
    guard let date = DateSpelling.date(value) else { return .issue(.null, code: IssueCode.invalidDate) }
    return .value(.string(date.text))
  }

  /// Stays as it is written.
  private func instant(_ value: JSONValue) -> Result {
    switch value {
    case .null: return .value(.null)
    case .string(let text) where FieldConversion.isBlank(text): return .value(.null)
    default: break
    }
    guard case .value(.string(let kept)) = text(value), InstantSpelling.milliseconds(kept) != nil else {
      return .issue(.null, code: IssueCode.invalidDate)
    }
    return .value(.string(kept))
  }

  private func boolean(_ value: JSONValue) -> Result {
    switch value {
    case .null, .bool: return .value(value)
    case .string(let text) where FieldConversion.isBlank(text): return .value(.null)
    default: break
    }
    guard let flag = FieldConversion.flag(value) else { return .issue(.null, code: IssueCode.invalidBoolean) }
    return .value(.bool(flag))
  }

  /// The five spellings of PEMS, and 1 as the other half of 0; nil for anything else.
  static func flag(_ value: JSONValue) -> Bool? {
    let text: String
    switch value {
    case .bool(let flag): return flag
    case .number(let literal): text = JSONNumber.canonical(literal)
    case .string(let string): text = String(decoding: Array(string.utf8).trimmed, as: UTF8.self)
    case .null, .array, .object: return nil
    }
    return switch text.lowercased() {
    case "y", "true", "+", "-1", "1": true
    case "n", "false", "-", "0": false
    default: nil
    }
  }

  private func source(_ value: JSONValue) -> Result {
    guard case .value(.string(let text)) = self.text(value) else { return self.text(value) }
    if FieldConversion.isBlank(text) { return .value(.null) }
    return switch String(decoding: Array(text.utf8).trimmed, as: UTF8.self).lowercased() {
    case "rental": .value(.string("Rental"))
    case "purchase": .value(.string("Purchase"))
    default: .issue(.string(text), code: IssueCode.unknownSource)
    }
  }

  static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy(\.isJSONSpace) }
}
