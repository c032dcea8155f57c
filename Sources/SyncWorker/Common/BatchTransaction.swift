import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Performs what consecutive messages of a partition ask for, with their offset, in one transaction.
package struct BatchTransaction: Sendable {
  /// What was done, for metrics and logs.
  package struct Report: Sendable {
    package var outcomes: [ApplyOutcome] = []
    package var commits: [CommitOutcome] = []
    package var deadLetters: [DeadLetter] = []
    /// Jobs that began and ended with the batch.
    package var rebuilds = 0
    /// How long locks were waited for that others may hold.
    package var lockWaits: [Duration] = []
    package var skipped = 0
    /// Messages of paused work, by which they will be found.
    package var held = 0
    /// A job was queued: somebody may want to look for work now.
    package var hasNewJob = false
    package var refusedRequests = 0
    package init() {}
  }

  package let claim: PartitionClaim
  /// Where the partition stands.
  package let expected: Int64
  /// Where it stands afterwards: behind the last message.
  package let next: Int64
  package let messages: [DecodedMessage]
  package let origin: ApplyStore.Origin
  /// What its messages are, as pauses name it; empty: no pause concerns them.
  package var kind = ""
  /// Records the database refused when it was tried before, per message: they are rejected alone.
  package var refused: [Int: String] = [:]
  /// The only message is kept instead of applied: the database refused it as a whole.
  package var fault: MessageFault?
  /// Keeping it was refused as well: it is kept without trace and headers, whose values nobody vouches for.
  package var keepsLittle = false

  package init(
    claim: PartitionClaim, expected: Int64, next: Int64, messages: [DecodedMessage], origin: ApplyStore.Origin
  ) {
    self.claim = claim
    self.expected = expected
    self.next = next
    self.messages = messages
    self.origin = origin
  }

  /// Blocks until the commit. Throws ``Fenced`` when the partition is not ours or not at `expected`, else PGError; then
  /// nothing has changed, unless it is a lost connection: then the stored offset tells.
  package func perform(_ session: PGSession) throws -> Report {
    try session.fencing {
      try session.transaction {
        let plan = try begin(session)
        CrashPoint.batchBegun.pass()
        var report = Report()
        report.skipped = plan.skipped
        for step in plan.steps { try perform(session, step, &report) }
        try resolve(session, plan.replayed, refused: Set(report.deadLetters.map(\.offset)))
        CrashPoint.batchApplied.pass()
        return report
      }
    }
  }

  /// Which records of the only message the database refuses, by their index in its batch. Nothing of it remains.
  package func findRefused(_ session: PGSession) throws -> [Int: String] {
    struct Undo: Error { let refused: [Int: String] }
    do {
      return try session.fencing {
        try session.transaction {
          for case .apply(let batch) in try begin(session).steps {
            try session.becomeApplier(batch.organization)
            throw Undo(refused: try ApplyStore.refused(session, batch, origin))
          }
          throw Undo(refused: [:])
        }
      }
    } catch let undo as Undo {
      return undo.refused
    }
  }

  private func begin(_ session: PGSession) throws -> BatchPlan {
    let (known, paused) = try OffsetStore.begin(
      session, claim, from: expected, to: next, organizations: BatchPlan.organizations(messages), kind: kind)
    return BatchPlan(messages, known: known, paused: paused)
  }

  /// What was published again for dead letters is applied now, but for what was refused again, by its offset.
  private func resolve(_ session: PGSession, _ replayed: [DecodedMessage], refused: Set<Int64>) throws {
    guard !replayed.isEmpty, fault == nil else { return }
    try session.becomeSystem()
    for case let (replay?, message) in replayed.map({ ($0.replay, $0.message) }) where !refused.contains(message.offset)
    {
      try DeadLetterStore.resolve(session, replay, topic: message.topic, key: message.key, value: message.value)
      CrashPoint.letterResolved.pass()
    }
  }

  private func perform(_ session: PGSession, _ step: BatchPlan.Step, _ report: inout Report) throws {
    if let fault {
      var letter = messages[0].deadLetter(fault)
      if keepsLittle {
        letter.organization = nil
        letter.headers = []
        letter.trace = nil
        letter.cause = "the database refuses this message and its headers"
      }
      try keep(session, letter, &report)
      return
    }
    switch step {
    case .apply(let batch):
      let accepted = refused.isEmpty ? batch : batch.rejecting(refused)
      try session.becomeApplier(batch.organization)
      report.outcomes.append(try ApplyStore.apply(session, accepted, origin))
    case .requestRead(let request, let key, let jobId, let askedAt):
      let id = try bind(session, jobId, "read_sync", request.organization)
      if let answer = try JobStore.requestRead(session, id: id, key: key, request: request, askedAt: askedAt) {
        if answer.isRefused { report.refusedRequests += 1 } else { report.hasNewJob = true }
      }
      CrashPoint.readQueued.pass()
    case .rebuildKPIs(let organization, let key, let jobId):
      let id = try bind(session, jobId, "kpi_rebuild", organization)
      if try KPIStore.rebuildOnce(session, organization: organization, slot: origin.slot, jobId: id, key: key) {
        report.rebuilds += 1
      }
      CrashPoint.totalsRebuilt.pass()
    case .requestPush(let request, let key, let unknown):
      try session.becomeWorker(request.organization)
      if try PushRequestStore.request(session, modification: request.modificationId, key: key) {
        report.hasNewJob = true
        CrashPoint.pushQueued.pass()
      } else {
        try keep(session, unknown, &report)
      }
    case .commit(let organization, let commits):
      let ids = try JobStore.identities(
        session, commits.map(\.jobId), kind: "draft_commit", organization: organization)
      let commits = zip(commits, ids).map { commit, id in
        var commit = commit
        commit.jobId = id
        return commit
      }
      try session.becomeApplier(organization)
      report.commits += try CommitBatch.perform(
        session, organization: organization, commits, slot: origin.slot, waits: &report.lockWaits)
      CrashPoint.commitDecided.pass()
    case .requestSchemaChange(let request, let key, let jobId, let askedAt):
      let id = try bind(session, jobId, "schema_change", request.organization)
      if try SchemaRequestStore.request(session, id: id, key: key, request, askedAt: askedAt) {
        report.hasNewJob = true
      }
      CrashPoint.schemaQueued.pass()
    case .keep(let letter):
      try keep(session, letter, &report)
    case .hold(let message):
      try session.becomeSystem()
      try QueueStore.hold(session, message, kind: kind)
      CrashPoint.messageHeld.pass()
      report.held += 1
    }
  }

  /// Binds the transaction to an organization; returns the id of the job that is to be queued in it.
  private func bind(
    _ session: PGSession, _ id: String, _ kind: String, _ organization: String
  ) throws -> String {
    let ids = try JobStore.identities(session, [id], kind: kind, organization: organization)
    try session.becomeWorker(organization)
    return ids.first ?? id
  }

  private func keep(_ session: PGSession, _ letter: DeadLetter, _ report: inout Report) throws {
    try session.becomeSystem()
    try DeadLetterStore.keep(session, letter)
    CrashPoint.letterKept.pass()
    report.deadLetters.append(letter)
  }
}
