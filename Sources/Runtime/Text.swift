/// Text made safe to show, and how far two names are apart.

/// `text` with everything that could drive a terminal made visible: C0 and C1 control characters, DEL, line and
/// paragraph separators, and the marks that turn the direction of text (so that a hostile record shows as what it is).
///
/// The result is one line. Escapes look like `\n`, `\x1b` and `\u{202e}`; a backslash stays as it is, so this is for
/// reading, not for reading back.
package func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
  var out = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    guard isUnprintable(scalar) else {
      out.append(scalar)
      continue
    }
    let escaped =
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default:
        scalar.value < 0x100
          ? "\\x" + leftPad(String(scalar.value, radix: 16), 2, "0") : "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    out.append(contentsOf: escaped.unicodeScalars)
  }
  return String(out)
}

/// True for characters that move the cursor, hide text or change its direction instead of showing something.
package func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F...0x9F: true
  case 0x061C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060, 0x2066...0x2069, 0xFEFF: true
  case 0xE0000...0xE007F: true
  default: false
  }
}

/// `text` with `pad` in front until it is `width` characters long.
package func leftPad(_ text: String, _ width: Int, _ pad: Character = " ") -> String {
  String(repeating: pad, count: max(0, width - text.count)) + text
}

/// The number of single-character insertions, deletions, replacements and swaps of neighbours between two words.
package func editDistance(_ left: String, _ right: String) -> Int {
  let a = Array(left)
  let b = Array(right)
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in 0..<b.count {
      var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
      row.append(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}

/// The candidate a mistyped word most likely meant; nil when none is near enough (about a third of its letters).
package func nearest(_ word: String, in candidates: [String]) -> String? {
  let limit = max(1, min(3, word.count / 3))
  let best = candidates.map { (editDistance(word, $0), $0) }.min { $0 < $1 }
  guard let (distance, name) = best, distance <= limit else { return nil }
  return name
}

/// The text without the byte order mark that some editors put before it.
package func withoutByteOrderMark(_ text: String) -> String {
  text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
}
