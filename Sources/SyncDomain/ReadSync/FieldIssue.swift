/// One thing that was wrong with a record: what, where, and the value as it was found.
package struct FieldIssue: Hashable, Sendable {
  /// Longest ``raw``, in characters.
  package static let rawLimit = 1_000

  /// Nil when the record did not tell. Like ``field`` capped and escaped as ``raw`` is.
  package let pfaId: String?
  /// The key in `data`, or of the record itself; nil when the whole record is meant.
  package let field: String?
  /// One of ``IssueCode``.
  package let code: String
  /// The value as text, at most ``rawLimit`` characters, with NUL characters and bytes that are not UTF-8 shown as
  /// escapes; nil when there was none.
  package let raw: String?

  package init(pfaId: String?, field: String?, code: String, raw: String?) {
    self.pfaId = pfaId.map(FieldIssue.printable)
    self.field = field.map(FieldIssue.printable)
    self.code = code
    self.raw = raw.map(FieldIssue.printable)
  }

  /// Caps the text and shows what a text column can not hold.
  private static func printable(_ text: String) -> String {
    let needsEscape = text.utf8.contains(0)
    if !needsEscape, text.utf8.count <= rawLimit { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(rawLimit) {
      if scalar == "\0" { out.append(contentsOf: "\\u0000".unicodeScalars) } else { out.append(scalar) }
    }
    return String(String(out).prefix(rawLimit))
  }

  /// Bytes as text: what is not UTF-8 shows as `\xNN`.
  static func text(_ bytes: Span<UInt8>) -> String {
    var out: [UInt8] = []
    var index = 0
    // A character has at least one byte and an escape stands for one: more than this is never shown.
    while index < bytes.count, out.count < 4 * rawLimit {
      let byte = bytes[index]
      let length = byte < 0x80 ? 1 : UTF8Check.sequenceLength(bytes, at: index)
      if length == 0 {
        let digits = String(byte, radix: 16)
        out += "\\x\(digits)".utf8
      } else {
        for next in index..<(index + length) { out.append(bytes[next]) }
      }
      index += max(1, length)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// A JSON value as text: a string without its quotes, anything else as it is written.
  static func text(_ value: JSONValue) -> String {
    if case .string(let text) = value { return text }
    return String(decoding: value.canonical(), as: UTF8.self)
  }

  /// `{pfaId, field, code, raw}`, as a page message carries it.
  package var json: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return .object([
      .init("code", .string(code)), .init("field", text(field)), .init("pfaId", text(pfaId)), .init("raw", text(raw)),
    ])
  }

  /// Nil unless `json` is an object with a code.
  package init?(json: JSONValue) {
    guard let code = json["code"]?.string else { return nil }
    self.init(pfaId: json["pfaId"]?.string, field: json["field"]?.string, code: code, raw: json["raw"]?.string)
  }
}
