import SyncDomain

/// The body of a PATCH of a user-defined screen: the fields that change, the ones that name the record, and the update
/// counter as it was read.
struct ScreenPatch {
  let write: WriteDefinition
  let screen: String
  let patch: RecordPatch

  /// Throws WRITE_NOT_MAPPED when the screen has no name for a field: nothing is left out silently.
  func body() throws(SourceError) -> [UInt8] {
    var pairs = [
      pair(write.idField, ScreenValue.text(.string(patch.pfaId))),
      pair(write.organizationField, ScreenValue.text(.string(patch.organization))),
    ]
    for field in patch.changes.fields {
      guard let name = write.name(of: field) else {
        throw SourceError(
          .writeNotMapped, "the screen \(screen) has no field for \(field)", hint: "name it in write: fields:")
      }
      pairs.append(pair(name, ScreenValue.of(patch.changes[field], EditableField.kinds[field] ?? .text)))
    }
    var members: [JSONValue.Member] = [
      .init("USERDEFINEDSCREENNAME", .string(screen)), .init("USERDEFINEDSERVICEACTION", .string("UPDATE")),
      .init(
        "USERDEFINEDSCREENFIELDVALUELIST", .object([.init("USERDEFINEDSCREENFIELDVALUEPAIR", .array(pairs))])),
    ]
    if let recordId = patch.recordId { members.append(.init("recordid", .number(String(recordId)))) }
    return JSONValue.object(members).canonical()
  }

  private func pair(_ name: String, _ value: JSONValue) -> JSONValue {
    .object([
      .init("USERDEFINEDSCREENFIELDNAME", .string(name)), .init("USERDEFINEDSCREENFIELDVALUE", value),
    ])
  }
}

/// A canonical value as the screen service spells it.
private enum ScreenValue {
  static func of(_ value: FieldValue, _ kind: EditableField.Kind) -> JSONValue {
    switch kind {
    case .date: value.text.map(date) ?? .object([.init("DATETIMEDATA", .null)])
    case .money: value.isNumber ? number(value.shown) : .object([.init("NUMERICDATA", .null)])
    case .flag, .text, .source: text(value.isNull ? .null : .string(value.shown))
    }
  }

  static func text(_ value: JSONValue) -> JSONValue { .object([.init("TEXTDATA", value)]) }

  /// A calendar date: no hour and no zone of anybody's are in it (M9-15).
  private static func date(_ text: String) -> JSONValue {
    guard let date = CivilDate(text) else { return ScreenValue.text(.string(text)) }
    return .object([
      .init(
        "DATETIMEDATA",
        .object([
          .init("YEAR", .number(String(Int64(date.daysSinceEpoch) * 86_400_000))),
          .init("MONTH", .number(String(date.month))), .init("DAY", .number(String(date.day))),
          .init("HOUR", .number("0")), .init("MINUTE", .number("0")), .init("SECOND", .number("0")),
          .init("SUBSECOND", .number("0")), .init("qualifier", .string("OTHER")),
        ]))
    ])
  }

  private static func number(_ literal: String) -> JSONValue {
    let isNegative = literal.hasPrefix("-")
    let digits = literal.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
    return .object([
      .init(
        "NUMERICDATA",
        .object([
          .init("VALUE", .number(isNegative ? String(literal.dropFirst()) : literal)),
          .init("NUMOFDEC", .number(String(digits))), .init("SIGN", .string(isNegative ? "-" : "+")),
          .init("qualifier", .string("OTHER")),
        ]))
    ])
  }
}
