import Postgres
import SyncDomain
import SyncStore

/// Commits of one organization that arrived together, decided and written in the caller's transaction.
package enum CommitBatch {
  /// Returns what became of each commit that was not handled before, in order, and adds to `waits` how long the records
  /// were waited for. Bound to the organization already.
  static func perform(
    _ session: PGSession, organization: String, _ commits: [QueuedCommit], slot: Int,
    waits: inout [Duration]
  ) throws -> [CommitOutcome] {
    let started = ContinuousClock.now
    let loaded = try DraftCommitStore.load(session, organization: organization, commits)
    waits.append(started.duration(to: .now))
    var fold = loaded.fold
    var seen = loaded.known
    var decided: [(commit: QueuedCommit, outcome: CommitOutcome)] = []
    for commit in commits {
      guard !seen.contains(commit.jobId), !seen.contains(commit.key) else { continue }
      seen.formUnion([commit.jobId, commit.key])
      decided.append((commit, fold.commit(commit.request)))
    }
    if !decided.isEmpty {
      try DraftCommitStore.save(session, organization: organization, decided, slot: slot)
    }
    return decided.map(\.outcome)
  }
}
