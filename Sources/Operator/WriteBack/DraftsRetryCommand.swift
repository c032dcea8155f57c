import Runtime
import SyncStore
import SyncWorker

/// `syncline drafts retry`: makes edits whose push to PEMS was given up due again.
enum DraftsRetryCommand {
  static let command = Command(
    path: ["drafts", "retry"], summary: "Push edits again whose push was given up",
    discussion: """
      Takes edits in state failed: by id, or all that match the options. Their dead letters are settled. A worker reads \
      PEMS first, so that nothing is sent twice and nothing of somebody else is overwritten.
      """,
    arguments: [Argument("ID", "the edits, as 'syncline drafts list --state failed -o json' names them", .any)],
    options: [
      .organization, .text("code", "CODE", "only those that failed with this code"),
      .flag("all", "every failed edit"),
    ],
    examples: [
      Example("syncline drafts retry --organization RIO --code AUTH --yes", "after the credentials were mended")
    ],
    needs: [.database], change: .alters
  ) { invocation in
    let ids = try invocation.arguments("ID").map { text throws(CommandError) in
      guard let id = UUIDText.canonical(text) else { throw none(of: text) }
      return id
    }
    let (organization, code) = (invocation.option("organization"), invocation.option("code"))
    guard !ids.isEmpty || organization != nil || code != nil || invocation.flag("all") else {
      throw CommandError(
        .usage, "FILTER_REQUIRED", "no edit is named",
        hint: "name edits, or filter with --organization or --code, or --all")
    }
    try await invocation.confirm(
      ids.isEmpty ? "push every failed edit that matches again" : "push \(counted(ids.count, "edit")) again")
    let settings = try invocation.settings()
    let topic = Topics(prefix: settings.topicPrefix).writeBack
    let decision = invocation.decision
    let key = "retry \(UUIDText.random())"
    let retried = try await Database.run(invocation) { session in
      if let organization {
        try session.reading { try Subjects.requireOrganization(session, organization) }
      }
      return try session.asSystem(by: decision) {
        try PushRequestStore.retry(
          session, ids: ids.isEmpty ? nil : ids, organization: organization, code: code, key: key, topic: topic,
          reason: decision.reason)
      }
    }
    // What was named and is not there is worth an error; a filter that matches nothing is not.
    if !ids.isEmpty, retried.isEmpty { throw none(of: ids.joined(separator: ", ")) }
    try invocation.output.show([Column("retried", .integer)], [.integer(Int64(retried.count))])
    return .ok
  }

  private static func none(of what: String) -> CommandError {
    CommandError(
      .notFound, "NO_FAILED_EDIT", "no failed edit is called \(what)", hint: "see 'syncline drafts list --state failed'"
    )
  }
}
