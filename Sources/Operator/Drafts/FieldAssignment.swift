import SyncDomain

/// `--set field=value` as a user types it.
enum FieldAssignment {
  static let option = Option.text(
    "set", "FIELD=VALUE", "the field's new value; nothing behind the = clears it", repeated: true)

  /// Throws for a text without a `=`. What the field may hold is for the rules to say.
  static func values(_ texts: [String]) throws(CommandError) -> FieldValues {
    var values = FieldValues()
    for text in texts {
      guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
        throw CommandError(.usage, "INVALID_VALUE", "'\(text)' is no FIELD=VALUE", hint: "for example --set dor=BEO")
      }
      let field = String(text[..<sign])
      values[field] = value(String(text[text.index(after: sign)...]), of: field)
    }
    return values
  }

  private static func value(_ text: String, of field: String) -> FieldValue {
    if text.isEmpty { return .null }
    switch EditableField.kinds[field] {
    case .money where Cents.parse(text) != nil: return FieldValue(.number(text))
    case .flag where text == "true" || text == "false": return FieldValue(.bool(text == "true"))
    default: return FieldValue(.string(text))
    }
  }
}
