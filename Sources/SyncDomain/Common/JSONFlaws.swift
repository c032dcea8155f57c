/// What is wrong with a JSON value although its extent is clear: it spoils the record it stands in, not the message
/// around it.
package struct JSONFlaws: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The escape `\u0000`, which neither text nor jsonb of Postgres can hold.
  package static let nulCharacter = JSONFlaws(rawValue: 1)
  /// A `\uD800`…`\uDFFF` escape without its other half.
  package static let loneSurrogate = JSONFlaws(rawValue: 2)
  /// Bytes inside a string that are not UTF-8 (overlong forms and encoded surrogates included).
  package static let invalidUTF8 = JSONFlaws(rawValue: 4)
  /// Nested deeper than ``JSONScanner/depthLimit``.
  package static let tooDeep = JSONFlaws(rawValue: 8)
  /// A number that Postgres' numeric can not take.
  package static let numberOutOfRange = JSONFlaws(rawValue: 16)

  /// The code of the most basic flaw, for an issue row; nil when there is none.
  package var code: String? {
    if contains(.invalidUTF8) { return IssueCode.invalidUTF8 }
    if contains(.nulCharacter) { return IssueCode.nulCharacter }
    if contains(.loneSurrogate) { return IssueCode.loneSurrogate }
    if contains(.tooDeep) { return IssueCode.tooDeep }
    if contains(.numberOutOfRange) { return IssueCode.numberOutOfRange }
    return nil
  }
}

/// The bytes are not JSON: nothing after `offset` can be trusted.
package struct JSONSyntaxError: Error, Hashable, Sendable {
  /// Where reading failed, in bytes from the start.
  package let offset: Int

  package init(offset: Int) { self.offset = offset }
}
