import Postgres
import SyncDomain
import SyncStore

extension PGSession {
  /// Drafts an edit as an application would; the draft's id, nil when nothing differs.
  @discardableResult
  func draft(
    _ record: String, _ delta: String, by user: String = "ann", in id: String = "s1", at version: Int64? = nil,
    of organization: String = "RIO"
  ) throws -> String? {
    try DraftStore.create(
      self, organization: organization, pfaId: record, user: user, session: id,
      delta: FieldValues(json: Array(delta.utf8)) ?? FieldValues(), baseVersion: version
    ).id
  }

  /// `CODE` of what refuses the body; nil when nothing does. A function, as ``refusal`` is.
  func code(_ body: () throws -> Void) throws -> String? {
    do {
      try body()
      return nil
    } catch let error as PGError {
      return error.message.split(separator: ":").first.map(String.init)
    }
  }

  /// Runs the body as an application in a session.
  @discardableResult
  func asSession<R>(_ id: String, _ user: String, of organization: String = "RIO", _ body: () throws -> R) throws -> R {
    try asApp(user, organization) {
      try query("SELECT set_config('syncline.session_id', $1, true)", [.text(id)])
      return try body()
    }
  }

  /// Commits a session the way a worker does, without Kafka; what became of it.
  func commitNow(
    _ id: String, _ user: String, partial: Bool = false, commitId: String = "", of organization: String = "RIO"
  ) throws -> CommitOutcome? {
    let job = commitId.isEmpty ? try value("SELECT gen_random_uuid()::text") ?? "" : commitId
    let request = DraftCommitRequest(
      organization: organization, commitId: job, userId: user, sessionId: id, partial: partial)
    let commit = QueuedCommit(request: request, jobId: job, key: job, askedAt: nil)
    return try transaction {
      try becomeApplier(organization)
      let loaded = try DraftCommitStore.load(self, organization: organization, [commit])
      guard !loaded.known.contains(job) else { return nil }
      var fold = loaded.fold
      let outcome = fold.commit(request)
      try DraftCommitStore.save(self, organization: organization, [(commit, outcome)], slot: 1)
      return outcome
    }
  }
}
