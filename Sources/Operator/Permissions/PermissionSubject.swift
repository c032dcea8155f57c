import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Whose permission in which organization a command changes.
struct PermissionSubject: Sendable {
  static let arguments = [
    Argument("USER", "the user, as applications name them"), Argument("ORG", "the organization"),
  ]

  let user: String
  let organization: String

  /// Throws when nobody can be called so, or there is no such organization.
  init(_ invocation: Invocation) async throws {
    user = try invocation.argument("USER")
    organization = try invocation.argument("ORG")
    guard !user.isEmpty, user.utf8.count <= DraftCommitRequest.longestName,
      !user.unicodeScalars.contains(where: isUnprintable)
    else {
      throw CommandError(
        .invalid, "INVALID_USER",
        "a user's id has 1 to \(DraftCommitRequest.longestName) bytes and no control characters",
        hint: "name the user as applications do")
    }
    let organization = organization
    try await Database.read(invocation) { try Subjects.requireOrganization($0, organization) }
  }

  /// The permission as it is now.
  func table(_ session: PGSession) throws -> Table {
    try Table(try PermissionStore.list(session, organization: organization, user: user), PermissionColumns.all)
  }
}
