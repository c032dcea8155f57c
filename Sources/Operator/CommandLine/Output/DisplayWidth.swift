/// How many columns text takes on a terminal.
func displayWidth(_ text: String) -> Int { text.reduce(0) { $0 + displayWidth($1) } }

/// 0 for a lone combining mark, 2 for East Asian wide characters and emoji, else 1.
private func displayWidth(_ character: Character) -> Int {
  if character.isASCII { return 1 }
  var width = 0
  for scalar in character.unicodeScalars { width = max(width, displayWidth(scalar)) }
  return width
}

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
    0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    2
  default:
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: 0
    default: 1
    }
  }
}

/// `text` in at most `width` columns, cut with `…` at the end.
func cut(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  var kept = ""
  var used = 1
  for character in text {
    used += displayWidth(character)
    if used > width { break }
    kept.append(character)
  }
  return kept + "…"
}

/// `text` in lines of at most `width` columns, broken at blanks; a word that is longer is broken where the line ends.
func wrapped(_ text: String, to width: Int) -> [String] {
  var lines = [""]
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    let joined = lines[lines.count - 1].isEmpty ? String(word) : lines[lines.count - 1] + " " + word
    if displayWidth(joined) <= width {
      lines[lines.count - 1] = joined
      continue
    }
    if !lines[lines.count - 1].isEmpty { lines.append("") }
    for character in word {
      if displayWidth(lines[lines.count - 1]) + displayWidth(String(character)) > max(1, width),
        !lines[lines.count - 1].isEmpty
      {
        lines.append("")
      }
      lines[lines.count - 1].append(character)
    }
  }
  return lines
}

/// `text` filled up with blanks to `width` columns.
func pad(_ text: String, to width: Int, right: Bool = false) -> String {
  let blanks = String(repeating: " ", count: max(0, width - displayWidth(text)))
  return right ? blanks + text : text + blanks
}
