import Runtime

/// Markup that is safe by construction: what is interpolated as text is escaped, only other markup and literals of this
/// program's source pass as they are.
///
/// `let cell: HTML = "<td>\(name)</td>"` holds whatever `name` is. Attributes are always quoted in literals, so that
/// the same escapes do for them.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  let text: String

  init(stringLiteral value: StaticString) { text = "\(value)" }
  init(stringInterpolation: Interpolation) { text = stringInterpolation.text }
  private init(raw: String) { text = raw }

  static let empty: HTML = ""

  static func + (left: HTML, right: HTML) -> HTML { HTML(raw: left.text + right.text) }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate(set) var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: StaticString) { text += "\(literal)" }
    mutating func appendInterpolation(_ value: String) { text += HTML.escape(value) }
    mutating func appendInterpolation(_ value: some BinaryInteger) { text += String(value) }
    mutating func appendInterpolation(_ value: HTML) { text += value.text }
    mutating func appendInterpolation(_ values: [HTML]) { for value in values { text += value.text } }
  }

  /// Text between tags or inside a quoted attribute. Characters that hide or turn text become visible escapes.
  private static func escape(_ value: String) -> String {
    var out = ""
    for character in printable(value).unicodeScalars {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }
}

/// `text` as one component of a path, or a value of a query.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
      out.append(byte)
    default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}
