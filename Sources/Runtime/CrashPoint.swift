/// A boundary between two effects, by name, at which a process can be told to die as by `kill -9`: the proof that
/// whoever comes after goes on from there. Nobody tells it to in production, where a point is one comparison.
package enum CrashPoint: String, CaseIterable, Sendable {
  // A batch of messages and the offset of its partition.
  /// The offset has moved in the transaction, nothing is applied.
  case batchBegun = "batch.begun"
  /// Everything is applied and not committed.
  case batchApplied = "batch.applied"
  /// Committed; Kafka does not know the offset yet.
  case batchCommitted = "batch.committed"
  /// The database refused records; which ones is known to this process alone.
  case batchNarrowed = "batch.narrowed"
  // What a batch does, each before its commit.
  case letterKept = "letter.kept"
  case letterResolved = "letter.resolved"
  case messageHeld = "message.held"
  case totalsRebuilt = "totals.rebuilt"
  case commitDecided = "commit.decided"
  case readQueued = "read.queued"
  case pushQueued = "push.queued"
  case schemaQueued = "schema.queued"

  // Jobs and read syncs.
  /// The job is ours, its work has not begun.
  case jobClaimed = "job.claimed"
  case readStarted = "read.started"
  /// A page is written down, and not published.
  case pageWritten = "page.written"
  /// The brokers have pages that were written down.
  case pagePublished = "page.published"
  /// The last page is applied, the run is open.
  case readApplied = "read.applied"
  /// The run is closed and its sweep done.
  case readFinished = "read.finished"

  // The outbox; all but the last under the lock of one transaction.
  case outboxTaken = "outbox.taken"
  /// Kafka has the messages, and their rows are still there.
  case outboxPublished = "outbox.published"
  /// The rows are removed and not committed.
  case outboxMarked = "outbox.marked"

  // A push to PEMS.
  case pushClaimed = "push.claimed"
  case pushRead = "push.read"
  /// What will be sent is written down.
  case pushNoted = "push.noted"
  /// PEMS has the values, nobody here knows.
  case pushSent = "push.sent"
  case pushFinished = "push.finished"
  case pushConflicted = "push.conflicted"

  // A schema change.
  /// The change is valid, nothing is locked.
  case schemaValidated = "schema.validated"
  /// The lease is taken and the attempt written down, the target knows nothing.
  case schemaLeased = "schema.leased"
  /// A safe step of a large table has run in the target, the change has not.
  case schemaStepped = "schema.stepped"
  /// The statements have run in the target and are not committed.
  case schemaExecuted = "schema.executed"
  /// The target has the change, the master does not.
  case schemaCommitted = "schema.committed"
  /// Master and target have the change.
  case schemaFinished = "schema.finished"

  // A scheduler.
  case leadTaken = "lead.taken"
  /// A firing is there, its event is not; before the commit, like the next.
  case firingMade = "firing.made"
  case firingQueued = "firing.queued"
  case firingCommitted = "firing.committed"
  /// Work of the leader's own is done and not written down.
  case ownWorkDone = "own-work.done"

  /// The variable with a ``CrashOrder``.
  package static let variable = "SYNCLINE_KILL_POINT"

  private static let order = Environment.value(variable).flatMap { CrashOrder($0) }.map { Locked($0) }

  /// Ends this process at once if it was told to die here.
  package func pass() {
    guard let order = CrashPoint.order else { return }
    order.with { $0.pass(self) }
  }
}
