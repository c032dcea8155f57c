/// The codes that issue rows and dead letters of a read sync carry. Fixed: operators filter by them.
package enum IssueCode {
  // The record is rejected.
  package static let missingPfaId = "MISSING_PFA_ID"
  package static let invalidPfaId = "INVALID_PFA_ID"
  package static let organizationMismatch = "ORGANIZATION_MISMATCH"
  package static let invalidRecord = "INVALID_RECORD"
  package static let invalidOrder = "INVALID_ORDER"
  package static let nulCharacter = "NUL_CHARACTER"
  package static let loneSurrogate = "LONE_SURROGATE"
  package static let invalidUTF8 = "INVALID_UTF8"
  package static let tooDeep = "TOO_DEEP"
  package static let numberOutOfRange = "NUMBER_OUT_OF_RANGE"
  /// It came as an id alone, on a page that no reader of ours wrote down.
  package static let unverifiedRecord = "UNVERIFIED_RECORD"

  // The field becomes null, the record is accepted.
  package static let invalidDate = "INVALID_DATE"
  package static let invalidNumber = "INVALID_NUMBER"
  package static let invalidBoolean = "INVALID_BOOLEAN"
  package static let invalidText = "INVALID_TEXT"
  /// The field keeps the value in cents.
  package static let numberRounded = "NUMBER_ROUNDED"
  /// The field keeps its text; the record costs nothing in KPIs.
  package static let unknownSource = "UNKNOWN_SOURCE"

  // The message is undecodable.
  package static let invalidEnvelope = "INVALID_ENVELOPE"
  package static let unsupportedSpecVersion = "UNSUPPORTED_SPECVERSION"
  package static let invalidJSON = "INVALID_JSON"
  package static let invalidMessage = "INVALID_MESSAGE"
  package static let unknownType = "UNKNOWN_TYPE"
}
