@_spi(_Unicode) import Swift

/// The normal form of record ids: two spellings of one text (é as one character or as e and an accent) must meet in
/// one row.
package enum PfaIdentifier {
  /// Unicode NFC. Text in ASCII, which is nearly all of it, is only looked at.
  ///
  /// The standard library normalises but exposes that only to itself and Foundation (`_nfc`); Foundation's own
  /// function would link ICU (engineering.md, section 7). Should a later toolchain hide it, this is the one place to
  /// change.
  package static func normalized(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var scalars = String.UnicodeScalarView()
    for scalar in text._nfc { scalars.append(scalar) }
    return String(scalars)
  }
}
