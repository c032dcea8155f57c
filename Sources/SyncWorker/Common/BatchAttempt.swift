import Postgres

/// What has been tried for a batch, and what to try next: pure.
package struct BatchAttempt: Sendable {
  package enum Next: Sendable, Equatable {
    /// The same again, after a wait.
    case again
    /// One message a transaction: whatever spoils the batch then stands alone.
    case singly
    /// The only message is at fault: its records are looked at one by one.
    case findRecords
    /// The only message is at fault as a whole: it is kept instead of applied. `little`: without what of it could be
    /// refused again.
    case keep(little: Bool)
  }

  /// Times the database refused values.
  package private(set) var dataFailures = 0
  /// Times a key was there already. A race is over after one or two; a key that stays is the message's fault.
  private var collisions = 0
  /// The message is kept instead of applied.
  private var isKept = false

  package init() {}

  /// The transaction failed and has changed nothing, or, after a commit of unknown outcome, perhaps all: then the next
  /// try is fenced, and the stored offset tells.
  package mutating func next(after error: PGError, messages: Int, records: Int) -> Next {
    let isCollision = error.sqlstate == "23505"
    guard error.blamesData || error.kind == .conversion || (isCollision && collisions >= 5) else {
      if isCollision { collisions += 1 }
      return .again
    }
    if messages > 1 { return .singly }
    dataFailures += 1
    return dataFailures <= 3 && error.kind == .server && records > 0 ? .findRecords : keep()
  }

  /// No record of the message is refused by itself.
  package mutating func keep() -> Next {
    defer { isKept = true }
    return .keep(little: isKept)
  }

  /// The database has refused values more often than one message has reasons: time passes before the next try.
  package var isPatient: Bool { dataFailures > 2 }

  // MARK: What the log says of a batch that is tried again

  /// The error, and where to look for who is behind it: of 57014, a statement that took too long, and 55P03, a lock
  /// that was not had, the server does not say whom they waited for.
  package static func cause(_ error: PGError) -> String {
    guard ["57014", "55P03"].contains(error.sqlstate) else { return error.description }
    return "\(error.description); it waits for a lock or takes too long; see 'syncline doctor'"
  }

  /// Which messages they are, and whose; of many organizations the first few.
  package static func place(_ messages: [DecodedMessage]) -> [(String, String)] {
    let organizations = BatchPlan.organizations(messages).sorted()
    let more = organizations.count > namedOrganizations ? ", …" : ""
    return [
      ("offset", messages.first.map { String($0.message.offset) } ?? "-"), ("messages", String(messages.count)),
      ("organizations", organizations.prefix(namedOrganizations).joined(separator: ", ") + more),
    ]
  }

  private static let namedOrganizations = 5
}
