import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// What users do in a world: drafts, commits, and what they look at.
extension WorkerWorld {
  package func permit(_ users: String..., level: String = "write", in organization: String = "RIO") async throws {
    try await connection.run { session in
      for user in users {
        try session.query(
          """
          INSERT INTO org_permission (user_id, organization_id, level) VALUES ($1, $2, $3)
          ON CONFLICT (user_id, organization_id) DO UPDATE SET level = excluded.level
          """, [.text(user), .text(organization), .text(level)])
      }
    }
  }

  /// Creates or extends a draft as the application would; nil when nothing differs.
  @discardableResult
  package func draft(
    _ pfaId: String, _ delta: String, user: String, session id: String, at version: Int64? = nil,
    in organization: String = "RIO"
  ) async throws -> String? {
    let values = FieldValues(json: Array(delta.utf8)) ?? FieldValues()
    return try await connection.run { session in
      try DraftStore.create(
        session, organization: organization, pfaId: pfaId, user: user, session: id, delta: values, baseVersion: version
      ).id
    }
  }

  /// The event of a commit, as any producer of CloudEvents writes it.
  package func commitEvent(
    _ session: String, user: String, partial: Bool = false, commitId: String = UUIDText.random(),
    id: String = UUIDText.random(), in organization: String = "RIO"
  ) -> CloudEvent {
    let request = DraftCommitRequest(
      organization: organization, commitId: commitId, userId: user, sessionId: session, changeReason: "test",
      partial: partial)
    return CloudEvent(
      id: id, source: "test", type: DraftCommitRequest.type, organization: organization, data: request.encoded())
  }

  /// Puts a commit on its topic; returns its job. `partition` nil: by its key.
  @discardableResult
  package func requestCommit(
    _ session: String, user: String, partial: Bool = false, commitId: String = UUIDText.random(),
    partition: Int32? = nil, in organization: String = "RIO"
  ) async throws -> String {
    try await produce(
      commitEvent(session, user: user, partial: partial, commitId: commitId, in: organization),
      key: "\(organization)/\(session)", partition: partition, topic: topics.draftCommit)
    return commitId
  }

  /// A commit and its end.
  @discardableResult
  package func commit(_ session: String, user: String, partial: Bool = false) async throws -> Job {
    try await waitForJob(try await requestCommit(session, user: user, partial: partial))
  }

  /// Decides the open conflict of a record's edit.
  package func resolve(
    _ pfaId: String, _ choice: ConflictResolution.Choice, user: String, in organization: String = "RIO"
  ) async throws {
    try await connection.run { session in
      let id = try session.query(
        """
        SELECT c.id FROM pfa_sync_conflict c JOIN pfa_mirror m ON m.id = c.mirror_id
        WHERE m.pfa_id = $1 AND m.organization_id = $2 AND c.status = 'open' ORDER BY c.created_at LIMIT 1
        """, [.text(pfaId), .text(organization)]
      ).one().string("id")
      _ = try ConflictStore.resolve(
        session, id, organization: organization, choice: choice, user: user, reason: "test")
    }
  }

  /// `pfaId|user|session|state|delta` of every edit, in order.
  package func edits() async throws -> [String] {
    try await lines(
      """
      SELECT m.pfa_id, o.user_id, o.session_id, o.sync_state, o.delta FROM pfa_modification o
      JOIN pfa_mirror m ON m.id = o.mirror_id ORDER BY 1, 2, 3, o.created_at, o.id
      """)
  }
}
