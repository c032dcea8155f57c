import Runtime
import SyncDomain

/// What to do about dead letters of a code: one table for `top`, the status page, the demo and `dead-letters show`.
/// Pure.
enum LetterRemedy: Sendable, Equatable {
  /// Its bytes alone are refused, so they would be again: it is given up, and sent anew by whoever made it.
  case giveUp
  /// Its organization is added, then it is replayed.
  case addOrganization
  /// What was in its way is removed, whatever that is, then it is replayed.
  case replay

  private static let table: [String: LetterRemedy] = [
    IssueCode.invalidEnvelope: .giveUp, IssueCode.unsupportedSpecVersion: .giveUp, IssueCode.invalidJSON: .giveUp,
    IssueCode.invalidMessage: .giveUp, IssueCode.unknownType: .giveUp, IssueCode.organizationMismatch: .giveUp,
    IssueCode.invalidRecord: .giveUp, IssueCode.missingPfaId: .giveUp, "UNKNOWN_ORGANIZATION": .addOrganization,
  ]

  init(_ code: String) { self = LetterRemedy.table[code] ?? .replay }

  /// `letters`: as `replay` and `discard` take them, quoted, with a blank before them.
  func commands(_ letters: String, organization: String?) -> [String] {
    let replay = ["syncline dead-letters replay\(letters) --yes", "syncline dead-letters discard\(letters) --yes"]
    switch self {
    case .giveUp: return ["syncline dead-letters discard\(letters) --yes"]
    case .replay: return replay
    case .addOrganization:
      return (organization.map { ["syncline organizations add \(shellQuoted($0))"] } ?? []) + replay
    }
  }

  /// What no command does; nil: nothing.
  var advice: String? {
    self == .giveUp ? "replayed it is refused again: have its producer send it anew, mended, and discard this one" : nil
  }

  /// What the page offers, the remedy first: a later version of the program may take what this one does not.
  var acts: [StatusAct] { self == .giveUp ? [.discardLetter, .replayLetter] : [.replayLetter, .discardLetter] }
}
