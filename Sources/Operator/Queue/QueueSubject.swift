import Runtime
import SyncStore

/// What `queue pause` and `queue resume` are about: a kind, an organization, or both.
struct QueueSubject: Sendable {
  let kind: String?
  let organization: String?

  static let arguments = [Argument("WHAT", "a kind of work, or an organization", .optional)]
  static let options = [
    Option.choice("kind", JobsListCommand.kinds, "this kind of work"),
    Option.text("organization", "ORG", "the work of this organization"),
  ]

  /// Throws when neither is named, or there is no such organization.
  init(_ invocation: Invocation) async throws {
    // A word alone is a kind where it can be one; an organization of such a name is named with --organization.
    let word = invocation.optionalArgument("WHAT")
    let isKind = word.map { JobsListCommand.kinds.contains($0) } ?? false
    kind = invocation.option("kind") ?? (isKind ? word : nil)
    organization = invocation.option("organization") ?? (isKind ? nil : word)
    guard word == nil || (isKind ? kind : organization) == word else {
      throw CommandError(
        .usage, "INVALID_ARGUMENT", "'\(word ?? "")' and its option exclude each other", hint: "give one of them")
    }
    guard kind != nil || organization != nil else {
      throw CommandError(
        .usage, "FILTER_REQUIRED", "'\(invocation.command.name)' needs to know what",
        hint: "name a kind of work, an organization, or both")
    }
    guard let organization else { return }
    do {
      try await Database.read(invocation) { try Subjects.requireOrganization($0, organization) }
    } catch let error as CommandError where error.exit == .notFound && word == organization {
      throw Self.neither(organization)
    }
  }

  /// A word that may be a mistyped kind.
  private static func neither(_ word: String) -> CommandError {
    let kinds = JobsListCommand.kinds
    let meant = nearest(word, in: kinds).map { "try '\($0)'; " } ?? ""
    return CommandError(
      .notFound, "UNKNOWN_ORGANIZATION", "'\(word)' is neither a kind of work nor an organization",
      hint: "\(meant)kinds are \(kinds.joined(separator: ", ")); see 'syncline organizations list' for the others")
  }

  /// ` --kind read_sync --organization RIO`, for a command that somebody pastes; empty without either.
  static func options(_ kind: String?, _ organization: String?) -> String {
    shellOptions([("kind", kind), ("organization", organization)])
  }

  /// `read_sync of RIO`, `all work of RIO`, `read_sync of all organizations`
  var description: String { "\(kind ?? "all work") of \(organization ?? "all organizations")" }
}

/// The columns of `queue list`.
enum QueueColumns {
  static let all =
    [Column("kind"), Column("organization_id"), Column("paused", .boolean), Column("suspended", .boolean)]
    + ["queued", "running", "retrying", "awaiting_approval", "held_messages", "oldest_seconds"].map {
      Column($0, .integer)
    } + [Column("paused_by"), Column("reason"), Column("paused_at", .time)]

  static let pauses = [
    Column("id", .integer), Column("kind"), Column("organization_id"), Column("paused_by"), Column("reason"),
    Column("paused_at", .time), Column("resumed_by"), Column("resume_reason"), Column("resumed_at", .time),
  ]

  static func show(_ invocation: Invocation, organization: String?, kind: String?) async throws {
    let table = try await Database.read(invocation) { session in
      try Table(try QueueStore.list(session, organization: organization, kind: kind), all)
    }
    try invocation.output.write(table)
  }
}
