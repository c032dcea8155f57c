/// What an edit may say, and what a record must be after it.
package enum EditRules {
  /// A finding: the field and its code.
  package struct Finding: Hashable, Sendable {
    package let field: String
    package let code: String

    package init(_ field: String, _ code: String) {
      self.field = field
      self.code = code
    }
  }

  /// What is wrong with an edit by itself, whatever the record; sorted by field.
  package static func findings(in delta: FieldValues) -> [Finding] {
    delta.fields.compactMap { field in code(field, delta[field]).map { Finding(field, $0) } }
  }

  private static func code(_ field: String, _ value: FieldValue) -> String? {
    guard let kind = EditableField.kinds[field] else { return EditCode.fieldNotEditable }
    // A record is taken out of the plan here; only PEMS brings it back.
    if field == "isDiscontinued" {
      return value == .yes
        ? nil : value.literal.first == 0x66 || value.isNull ? EditCode.fieldNotEditable : EditCode.invalidType
    }
    if value.isNull { return EditableField.required.contains(field) ? EditCode.missingRequiredField : nil }
    switch kind {
    case .flag: return ["true", "false"].contains(value.shown) && value.text == nil ? nil : EditCode.invalidType
    case .money:
      guard value.isNumber else { return EditCode.invalidType }
      guard let cents = Cents.parse(value.shown), Cents.isExact(value.shown) else { return EditCode.invalidValue }
      return cents < 0 ? EditCode.invalidRange : nil
    case .date:
      guard let text = value.text else { return EditCode.invalidType }
      return date(text) == nil ? EditCode.invalidValue : nil
    case .source:
      guard let text = value.text else { return EditCode.invalidType }
      return ["Rental", "Purchase"].contains(text) ? nil : EditCode.invalidEnumValue
    case .text:
      guard let text = value.text else { return EditCode.invalidType }
      guard text.utf8.count <= longestText else { return EditCode.invalidValue }
      // An empty category is a missing one.
      return text.isEmpty && EditableField.required.contains(field) ? EditCode.missingRequiredField : nil
    }
  }

  /// Bytes; all fields of a draft together must fit into an entry of an index, 2,704 bytes.
  package static let longestText = 400

  /// What is wrong with a record in a group of fields.
  static func findings(in record: FieldValues, group: EditableField.Group) -> [Finding] {
    switch group {
    case .forecast:
      guard let start = record["forecastStart"].text.flatMap(date), let end = record["forecastEnd"].text.flatMap(date),
        end < start
      else { return [] }
      return [Finding("forecastEnd", EditCode.invalidDateOrder)]
    case .price:
      switch record["source"].text {
      case "Rental" where record["monthlyRate"].isNull: return [Finding("monthlyRate", EditCode.missingRequiredField)]
      case "Purchase" where record["purchasePrice"].isNull:
        return [Finding("purchasePrice", EditCode.missingRequiredField)]
      default: return []
      }
    case .category, .make: return []
    }
  }

  private static func date(_ text: String) -> CivilDate? {
    let bytes = Array(text.utf8)
    guard bytes.count == 10 else { return nil }
    return CivilDate(bytes.span, at: 0)
  }
}
