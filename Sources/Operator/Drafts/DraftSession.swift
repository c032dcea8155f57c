import Postgres
import Runtime
import SyncStore

/// The session a command is about: its id, its user, and the organization its drafts are in.
struct DraftSession: Sendable {
  let organization: String
  let id: String
  let user: String

  static let arguments = [
    Argument("ORG", "organization of the drafts; left out: the one the session has drafts in", .optional)
  ]
  static let options = [
    Option.text("session", "ID", "the session", required: true),
    .text("user", "ID", "whose session it is", required: true),
  ]

  /// Throws when the user has no drafts in the session, or in several organizations and none was named.
  init(_ invocation: Invocation) async throws {
    let (id, user) = (try invocation.required("session"), try invocation.required("user"))
    let named = invocation.optionalArgument("ORG")
    let found = try await Database.read(invocation) { session in
      if let named { try Subjects.requireOrganization(session, named) }
      return try DraftStore.organizations(session, session: id, user: user)
    }
    if let named, found.contains(named) {
      organization = named
    } else if named == nil, found.count > 1 {
      let command = "syncline \(invocation.command.name) \(shellQuoted(found[0]))"
      throw CommandError(
        .usage, "ORGANIZATION_REQUIRED", "the session has drafts in \(found.joined(separator: ", "))",
        hint:
          "name one: '\(command) --session \(shellQuoted(id)) --user \(shellQuoted(user))'"
      )
    } else if named == nil, let only = found.first {
      organization = only
    } else {
      throw CommandError(
        .notFound, "NO_DRAFTS", "user \(user) has no drafts in session \(id)", hint: "see 'syncline drafts list'")
    }
    self.id = id
    self.user = user
  }
}
