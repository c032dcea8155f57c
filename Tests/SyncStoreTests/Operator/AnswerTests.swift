import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// What is told of edits, conflicts and jobs is so.
@Suite("Answers", .syncDatabase) struct AnswerTests {
  /// A conflict of ann's commit with an edit of bob's; the commit.
  private static func conflict(_ session: PGSession) throws -> (commit: String, conflict: String) {
    try session.permit("ann", "write")
    try session.permit("bob", "write")
    try apply(session, [Sample("a")])
    try session.draft("a", #"{"monthlyRate": 16000}"#)
    try session.edit("a", #"{"monthlyRate": 17000}"#, at: 1, by: "bob")
    let commit = try session.value("SELECT gen_random_uuid()::text") ?? ""
    #expect(try session.commitNow("s1", "ann", commitId: commit)?.errorCode == EditCode.conflict)
    return (commit, try session.value("SELECT id FROM pfa_sync_conflict") ?? "")
  }

  @Test(
    "domain 4: a total that the decision of a conflict moved is the decision's, with who and why, not the failed commit's"
  )
  func resolution() async throws {
    try await onDatabase { session in
      let (commit, conflict) = try Self.conflict(session)
      _ = try ConflictStore.resolve(
        session, conflict, organization: "RIO", choice: .mine, user: "bob", reason: "agreed with the site")
      let lines = try session.reading {
        try KPIReports.explain(
          session, organization: "RIO", category: nil, source: nil, dor: nil, from: nil, to: nil
        ).rows.map { try [$0.text("cause"), $0.text("cause_id"), $0.text("requested_by"), $0.text("reason")] }
      }
      #expect(lines.contains(["conflict", conflict, "bob", "agreed with the site"]), "\(lines)")
      #expect(!lines.contains { $0[1] == commit })
      try expectExact(session)
    }
  }

  @Test("A conflict is shown with the version that its record has now")
  func presentVersion() async throws {
    try await onDatabase { session in
      let (_, conflict) = try Self.conflict(session)
      func versions() throws -> [String?] {
        try session.reading {
          let list = try DraftReports.conflicts(session, organization: "RIO", status: "open", limit: 9)
          return [
            try list.one().text("current_version"),
            try DraftReports.conflict(session, conflict)?.text("current_version"),
          ]
        }
      }
      #expect(try versions() == ["2", "2"])
      try session.edit("a", #"{"dor": "SITE"}"#, at: 2, by: "bob")
      #expect(try versions() == ["3", "3"])
    }
  }

  @Test("What one transaction did to a record stands in its history the newest first, with moments as elsewhere")
  func ties() async throws {
    try await onDatabase { session in
      let (_, conflict) = try Self.conflict(session)
      _ = try ConflictStore.resolve(
        session, conflict, organization: "RIO", choice: .theirs, user: "ann", reason: nil)
      let record = try session.value("SELECT id FROM pfa_mirror") ?? ""
      let rows = try session.reading {
        try RecordReports.history(session, organization: "RIO", id: record, pfaId: "a", limit: 50).rows
      }
      for subject in Set(try rows.map { try $0.string("subject") }) {
        let told = try rows.filter { try $0.string("subject") == subject }.map { try $0.string("event") }
        let kept = try session.list(
          "SELECT substr(type, 14) FROM sync_event WHERE stream = $1 ORDER BY version DESC", [.text(subject)])
        #expect(told == kept, "\(subject)")
      }
      // The conflict came in the transaction of the commit, so two events have one time.
      #expect(
        try session.count(
          """
          SELECT count(*) FROM (SELECT FROM sync_event WHERE stream LIKE 'modification/%'
            GROUP BY stream, created_at HAVING count(*) > 1) t
          """
        ) > 0)
      try Self.expectMoments(try rows.compactMap { try $0.text("data") })
    }
  }

  @Test("The history of a job has its moments as every other answer has them")
  func moments() async throws {
    try await onDatabase { session in
      let run = try ReadRun(session)
      _ = try ReadRunStore.finish(
        session, run.claim, .success(source: "pems", watermark: nil, sweep: false, note: nil), slot: 0)
      let id = run.claim.id
      let data = try session.reading {
        try JobReports.history(session, organization: "RIO", id).rows.compactMap { try $0.text("data") }
      }
      #expect(data.count >= 3 && data.contains { $0.contains("finished_at") })
      try Self.expectMoments(data)
      let document = try session.value("SELECT sync_job_document($1::uuid, 1)::text", [.uuid(id)]) ?? ""
      #expect(!document.contains("+00"))
    }
  }

  private static func expectMoments(_ data: [String]) throws {
    for text in data {
      let value = try JSONValue(parsing: Array(text.utf8))
      for side in ["before", "after"] {
        guard case .object(let members)? = value[side] else { continue }
        for member in members where member.key.hasSuffix("_at") {
          guard let moment = member.value.string else { continue }
          #expect(moment.count == 24 && moment.hasSuffix("Z"), "\(member.key) \(moment)")
        }
      }
    }
  }

  @Test("A suspended organization is no matter of permissions: the commit and the decision say what it is")
  func suspended() async throws {
    try await onDatabase { session in
      let (_, conflict) = try Self.conflict(session)
      try session.draft("a", #"{"dor": "SITE"}"#, in: "s9")
      try session.execute("UPDATE organization SET status = 'suspended' WHERE id = 'RIO'")
      let outcome = try session.commitNow("s9", "ann")
      #expect(outcome?.errorCode == EditCode.forbidden && outcome?.errorMessage == "organization RIO is suspended")
      var failure: ConflictStore.Failure?
      do {
        _ = try ConflictStore.resolve(session, conflict, organization: "RIO", choice: .mine, user: "ann", reason: nil)
      } catch let refused as ConflictStore.Failure { failure = refused }
      guard case .suspended? = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
    }
  }

  @Test("A worker is dead when its claims are: both may be silent for as long")
  func silence() async throws {
    try await onDatabase { session in
      let lease = JobStore.leaseSeconds
      #expect(lease + JobStore.takeoverGrace == 15, "domain.md 3")
      try session.execute(
        """
        INSERT INTO live_worker (name, consumer_group, kinds, seen_at) VALUES
          ('w1', 'g', '{}', now() - make_interval(secs => \(lease - 2))),
          ('w2', 'g', '{}', now() - make_interval(secs => \(lease + 1)))
        """)
      #expect(try session.reading { try CrewStore.crew(session) }.alive.map(\.name) == ["w1"])
    }
  }
}
