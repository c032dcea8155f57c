import CLibPQ
import Glibc

/// One field of a row, read as the type that the caller knows it has.
package struct PGField: Sendable {
  let raw: RawResult
  let row: Int32
  let column: Int32

  package var isNull: Bool { PQgetisnull(raw.raw, row, column) == 1 }

  /// nil for null.
  package var text: String? { buffer { String(decoding: $0, as: UTF8.self) } }

  /// The text's bytes, as the server sent them; nil for null.
  package var bytes: [UInt8]? { buffer { Array($0) } }

  /// nil for null.
  package var int: Int64? {
    get throws(PGError) { try parsed("an integer") { Int64(String(decoding: $0, as: UTF8.self)) } }
  }

  /// nil for null.
  package var bool: Bool? {
    get throws(PGError) {
      try parsed("a boolean") { bytes in
        guard bytes.count == 1 else { return nil }
        return bytes[0] == UInt8(ascii: "t") ? true : bytes[0] == UInt8(ascii: "f") ? false : nil
      }
    }
  }

  /// nil for null.
  package var double: Double? {
    get throws(PGError) { try parsed("a number") { Double(String(decoding: $0, as: UTF8.self)) } }
  }

  /// A bytea's content; nil for null.
  package var bytea: [UInt8]? {
    get throws(PGError) { try parsed("a bytea in hex", decodeHexBytea) }
  }

  /// A one-dimensional array's elements as text; nil for null.
  package var textArray: [String?]? {
    get throws(PGError) { try parsed("a one-dimensional array") { parseArrayLiteral(Array($0)) } }
  }

  /// What `read` finds, or a conversion error for null.
  func required<Value>(_ read: (PGField) throws(PGError) -> Value?) throws(PGError) -> Value {
    guard let value = try read(self) else { throw PGError(.conversion, "column \(name) is null") }
    return value
  }

  private var name: String { raw.columns.names[Int(column)] }

  private func buffer<Value>(_ read: (UnsafeBufferPointer<UInt8>) -> Value) -> Value? {
    guard !isNull, let start = PQgetvalue(raw.raw, row, column) else { return nil }
    let count = Int(PQgetlength(raw.raw, row, column))
    return withExtendedLifetime(raw) {
      start.withMemoryRebound(to: UInt8.self, capacity: count) { read(UnsafeBufferPointer(start: $0, count: count)) }
    }
  }

  private func parsed<Value>(
    _ what: String, _ read: (UnsafeBufferPointer<UInt8>) -> Value?
  ) throws(PGError) -> Value? {
    guard let result = buffer(read) else { return nil }
    guard let value = result else { throw PGError(.conversion, "column \(name) is not \(what)") }
    return value
  }
}

/// `\x` and pairs of hexadecimal digits; nil for anything else.
private func decodeHexBytea(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
  func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
  guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
    return nil
  }
  var out: [UInt8] = []
  out.reserveCapacity(text.count / 2 - 1)
  for index in stride(from: 2, to: text.count, by: 2) {
    guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
    out.append(high << 4 | low)
  }
  return out
}

/// The elements of an array's text form, `{a,"b \"c\"",NULL}`; nil when it is malformed or has more than one dimension.
func parseArrayLiteral(_ text: [UInt8]) -> [String?]? {
  let (quote, escape, comma) = (UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: ","))
  guard text.count >= 2, text[0] == UInt8(ascii: "{"), text[text.count - 1] == UInt8(ascii: "}") else { return nil }
  let end = text.count - 1
  var elements: [String?] = []
  var index = 1
  while index < end {
    var element: [UInt8] = []
    let quoted = text[index] == quote
    if quoted {
      index += 1
      while index < end, text[index] != quote {
        if text[index] == escape { index += 1 }
        guard index < end else { return nil }
        element.append(text[index])
        index += 1
      }
      guard index < end else { return nil }
      index += 1
    } else {
      while index < end, text[index] != comma {
        if text[index] == UInt8(ascii: "{") || text[index] == quote { return nil }
        if text[index] == escape { index += 1 }
        guard index < end else { return nil }
        element.append(text[index])
        index += 1
      }
      if element.isEmpty { return nil }
    }
    let word = String(decoding: element, as: UTF8.self)
    elements.append(!quoted && word == "NULL" ? nil : word)
    guard index < end else { break }
    guard text[index] == comma, index + 1 < end else { return nil }
    index += 1
  }
  return elements
}
