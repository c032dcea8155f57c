/// Searching in lines of text. Bytes, because thousands of lines are searched for a dozen things in a debug build.

/// The lines of a text with their numbers, from 1.
func numbered(_ text: String) -> [(number: Int, text: Substring)] {
  text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { (number: $0 + 1, text: $1) }
}

/// The offsets in UTF-8 at which `part` begins.
private func offsets(of part: String, in text: [UInt8]) -> [Int] {
  let part = Array(part.utf8)
  guard let first = part.first, text.count >= part.count else { return [] }
  return (0...text.count - part.count).filter { text[$0] == first && text[$0..<$0 + part.count].elementsEqual(part) }
}

func contains(_ text: some StringProtocol, _ part: String) -> Bool {
  !offsets(of: part, in: Array(text.utf8)).isEmpty
}

/// Whether `word` stands in `text` with nothing that belongs to a name before it or after it. A word may end in `(`;
/// then anything may follow.
func containsWord(_ text: some StringProtocol, _ word: String) -> Bool {
  let bytes = Array(text.utf8)
  func isName(_ position: Int) -> Bool {
    guard bytes.indices.contains(position) else { return false }
    let byte = bytes[position]
    return byte == 0x5F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte >= 0x80
  }
  let end = word.utf8.count
  return offsets(of: word, in: bytes).contains { offset in
    !isName(offset - 1) && (word.hasSuffix("(") || !isName(offset + end))
  }
}

extension SwiftText {
  /// The modules imported, each with its line; `Foundation` for `Foundation.NSString`.
  var imports: [(line: Int, module: String)] {
    lines.enumerated().compactMap { index, line in
      guard containsWord(line.code, "import") else { return nil }
      let words = line.code.split { $0 == " " || $0 == "(" || $0 == ")" }
      let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
      let before: Set<Substring> = ["package", "public", "internal", "private", "fileprivate"]
      guard let keyword = words.firstIndex(of: "import"),
        words[..<keyword].allSatisfy({ before.contains($0) || $0.hasPrefix("@") || $0 == "exported" }),
        let name = words[(keyword + 1)...].first(where: { !kinds.contains($0) })
      else { return nil }
      return (index + 1, String(name.prefix { $0 != "." }))
    }
  }
}
