import SyncDomain
import Testing

@Suite struct SchemaDecisionTests {
  private static let intent = ProjectState.Intent(
    request: 1, changeId: "c", jobId: "other", fromVersion: 3, toVersion: 4, newValue: [], dropsProject: false)

  private func state(
    _ status: String, version: Int32 = 3, isHeld: Bool = false, intent: ProjectState.Intent? = nil
  ) throws -> ProjectState {
    ProjectState(
      name: "p", schema: try Schemas.shop(), version: version, status: status, lockedBy: "w", isHeld: isHeld,
      intent: intent)
  }

  @Test("S3-06, S3-22, S3-23, S3-24: what a change does first, for each state it can meet")
  func steps() throws {
    func step(_ state: ProjectState, job: String = "mine", version: Int32 = 3, creates: Bool = false) -> String {
      switch state.step(job: job, currentVersion: version, creates: creates) {
      case .take: "take"
      case .rebase: "rebase"
      case .recover(let intent): "recover \(intent.changeId)"
      case .refuse(let fault): fault.code.rawValue
      }
    }
    #expect(step(try state("ready")) == "take")
    #expect(step(try state("ready", version: 5)) == "rebase")
    #expect(step(try state("ready"), version: 9) == "rebase")
    #expect(step(try state("ready"), creates: true) == "VERSION_CONFLICT")
    #expect(step(try state("applying", isHeld: true)) == "PROJECT_LOCKED")
    // Nobody wrote down what the lapsed lease was for: it holds nothing.
    #expect(step(try state("applying")) == "take")
    #expect(step(try state("applying", isHeld: true, intent: Self.intent)) == "PROJECT_LOCKED")
    #expect(step(try state("applying", intent: Self.intent)) == "recover c")
    // The job's own attempt, whose earlier holder is fenced by the job's token.
    #expect(step(try state("applying", isHeld: true, intent: Self.intent), job: "other") == "recover c")
    #expect(step(try state("error")) == "TARGET_DIVERGED")
  }

  @Test("S3-23: a change made for an older version stands when nothing it touches was changed, else it is a conflict")
  func rebase() throws {
    let mine = try Schemas.changes(#"{"type":"rename_column","table_id":"orders","column_id":"mail","name":"To"}"#)
    func refusal(_ theirs: String, version: Int32 = 4, change: [SchemaChange]? = nil, from: Int32 = 3) throws -> String?
    {
      let theirs = try Schemas.changes(theirs)
      let now = try state("ready", version: version)
      return Schemas.refusal { try now.checkRebase(change ?? mine, from: from, since: [(4, theirs)]) }?.code.rawValue
    }
    let beside = #"{"type":"drop_column","table_id":"orders","column_id":"state"}"#
    #expect(try refusal(beside) == nil)
    #expect(try refusal(#"{"type":"rename_table","table_id":"orders","name":"O"}"#) == nil)
    #expect(
      try refusal(#"{"type":"rename_column","table_id":"orders","column_id":"mail","name":"X"}"#) == "VERSION_CONFLICT")
    #expect(try refusal(#"{"type":"drop_table","table_id":"orders"}"#) == "VERSION_CONFLICT")
    // A drop would erase what somebody added below it.
    let drop = try Schemas.changes(#"{"type":"drop_table","table_id":"orders"}"#)
    #expect(
      try refusal(#"{"type":"add_column","table_id":"orders","column":{"id":"x","type":"text"}}"#, change: drop)
        == "VERSION_CONFLICT")
    // Not all of what came between is known, or the version has not been yet.
    #expect(try refusal(beside, version: 6) == "VERSION_CONFLICT")
    #expect(try refusal(beside, from: 9) == "VERSION_CONFLICT")
  }

  @Test("S3-18: the organization's own configuration, else the shared one; one that is not active is never skipped")
  func deployments() throws {
    let own = Deployment(isOwn: true, target: "A", schemaName: nil, status: "active")
    let shared = Deployment(isOwn: false, target: "B", schemaName: nil, status: "active")
    let inactive = Deployment(isOwn: true, target: "A", schemaName: nil, status: "inactive")
    #expect(try Deployment.choose([shared, own]) == own)
    #expect(try Deployment.choose([shared]) == shared)
    #expect(Schemas.refusal { _ = try Deployment.choose([]) }?.code == .deploymentMissing)
    #expect(Schemas.refusal { _ = try Deployment.choose([shared, inactive]) }?.code == .deploymentInactive)
  }
}
