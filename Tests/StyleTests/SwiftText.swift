/// Swift source taken apart line by line: the code without its literals, the comments, and the string literals.
///
/// No parser, but it knows nested comments, multi-line and raw strings, and interpolations with strings inside.
struct SwiftText {
  struct Line {
    /// The line with comments left out and literals emptied; code inside an interpolation stays.
    var code = ""
    var comment = ""
  }

  struct Literal {
    /// Number of the line it begins on, from 1.
    var line: Int
    /// Its text, with each interpolation as `\(…)`.
    var text: String
  }

  private(set) var lines: [Line] = []
  private(set) var literals: [Literal] = []

  private enum Place {
    case code
    case lineComment
    case blockComment(depth: Int)
    case string(pounds: Int, multiline: Bool)
    /// In `\( … )`, with the parentheses opened so far.
    case interpolation(parentheses: Int)
  }

  init(_ text: String) {
    let bytes = Array(text.utf8)
    var code: [UInt8] = []
    var comment: [UInt8] = []
    var places: [Place] = [.code]
    // Literals not closed yet; one may stand in an interpolation of another.
    var open: [(line: Int, text: [UInt8])] = []
    var index = 0

    func starts(with expected: StaticString, at position: Int) -> Bool {
      position + expected.utf8CodeUnitCount <= bytes.count
        && (0..<expected.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == expected.utf8Start[$0] }
    }
    func pounds(at position: Int) -> Int { bytes.dropFirst(position).prefix { $0 == 0x23 }.count }
    func endLine() {
      lines.append(Line(code: String(decoding: code, as: UTF8.self), comment: String(decoding: comment, as: UTF8.self)))
      code = []
      comment = []
    }
    func close() {
      places.removeLast()
      let literal = open.removeLast()
      literals.append(Literal(line: literal.line, text: String(decoding: literal.text, as: UTF8.self)))
      code.append(0x22)
    }

    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x0A {
        endLine()
        switch places[places.count - 1] {
        case .lineComment: places.removeLast()
        case .string(_, multiline: false): close()
        default: break
        }
      }
      switch places[places.count - 1] {
      case .lineComment:
        comment.append(byte)
      case .blockComment(let depth):
        if starts(with: "*/", at: index) {
          places.removeLast()
          if depth > 1 { places.append(.blockComment(depth: depth - 1)) }
          index += 1
        } else if starts(with: "/*", at: index) {
          places[places.count - 1] = .blockComment(depth: depth + 1)
          index += 1
        } else if byte != 0x0A {
          comment.append(byte)
        }
      case .string(let count, let multiline):
        let closing = multiline ? 3 : 1
        if byte == 0x5C, count == 0 || pounds(at: index + 1) >= count {
          index += 1 + count
          if index < bytes.count, bytes[index] == 0x28 {
            open[open.count - 1].text += Array("\\(…)".utf8)
            places.append(.interpolation(parentheses: 0))
          }
        } else if byte == 0x22, !multiline || starts(with: "\"\"\"", at: index), pounds(at: index + closing) >= count {
          close()
          index += closing + count - 1
        } else {
          open[open.count - 1].text.append(byte)
        }
      case .code, .interpolation:
        let count = byte == 0x23 || byte == 0x22 ? pounds(at: index) : 0
        if starts(with: "//", at: index) {
          places.append(.lineComment)
          index += 1
        } else if starts(with: "/*", at: index) {
          places.append(.blockComment(depth: 1))
          index += 1
        } else if byte == 0x23 || byte == 0x22, starts(with: "\"", at: index + count) {
          let multiline = starts(with: "\"\"\"", at: index + count)
          open.append((lines.count + 1, []))
          places.append(.string(pounds: count, multiline: multiline))
          code.append(0x22)
          index += count + (multiline ? 2 : 0)
        } else {
          if case .interpolation(let parentheses) = places[places.count - 1], byte == 0x28 || byte == 0x29 {
            places.removeLast()
            let left = parentheses + (byte == 0x28 ? 1 : -1)
            if left >= 0 { places.append(.interpolation(parentheses: left)) }
          }
          if byte != 0x0A { code.append(byte) }
        }
      }
      index += 1
    }
    endLine()
  }
}
