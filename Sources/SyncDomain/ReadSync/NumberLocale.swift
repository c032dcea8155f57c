/// How a source writes numbers inside text. JSON number literals are the same everywhere.
package enum NumberLocale: String, CaseIterable, Sendable {
  /// `1,234.5`: decimal point, groups of three by commas.
  case json
  /// `1.234,5`: decimal comma, groups of three by points, spaces or apostrophes.
  case comma

  /// The canonical decimal text of a number written in this locale; nil when it is none. Groups must be well formed:
  /// `1,23` is no number.
  package func decimal(_ text: String) -> String? {
    var scalars = Array(text.unicodeScalars.drop(while: \.properties.isWhitespace))
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    var sign = ""
    if let first = scalars.first, first == "-" || first == "+" {
      if first == "-" { sign = "-" }
      scalars.removeFirst()
    }
    let point: Unicode.Scalar = self == .json ? "." : ","
    let parts = scalars.split(separator: point, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = integer(parts[0]) else { return exponential(text) }
    let fraction = parts.count == 2 ? parts[1] : []
    guard fraction.allSatisfy(isDigit), !(whole.isEmpty && fraction.isEmpty) else { return exponential(text) }
    // Leading zeros are no JSON, but `007.50` is still a number.
    let literal = "\(sign)\(stripped(whole)).\(fraction.isEmpty ? "0" : String(String.UnicodeScalarView(fraction)))"
    return JSONNumber.canonical(literal, limit: 1_000)
  }

  private func stripped(_ digits: String) -> String {
    let rest = digits.drop { $0 == "0" }
    return rest.isEmpty ? "0" : String(rest)
  }

  /// The digits of the part before the decimal sign, without its group signs; nil when it is malformed.
  private func integer(_ scalars: ArraySlice<Unicode.Scalar>) -> String? {
    if scalars.allSatisfy(isDigit) { return String(String.UnicodeScalarView(scalars)) }
    guard let sign = scalars.first(where: { !isDigit($0) }), groupSigns.contains(sign) else { return nil }
    let groups = scalars.split(separator: sign, omittingEmptySubsequences: false)
    guard let first = groups.first, 1...3 ~= first.count, groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
      return nil
    }
    let digits = groups.joined()
    return digits.allSatisfy(isDigit) ? String(String.UnicodeScalarView(digits)) : nil
  }

  private var groupSigns: [Unicode.Scalar] {
    // Also the no-break spaces and the typographic apostrophe.
    self == .json ? [","] : [".", " ", "'", "\u{2019}", "\u{A0}", "\u{202F}"]
  }

  /// `1.5e3`, which is the same in every locale.
  private func exponential(_ text: String) -> String? {
    guard text.utf8.contains(where: { $0 | 0x20 == ASCII.lowerE }),
      case .number(let literal)? = try? JSONValue(parsing: Array(text.utf8))
    else { return nil }
    return JSONNumber.canonical(literal)
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
