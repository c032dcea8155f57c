import PEMS
import Postgres
import Runtime
import SyncStore

/// Keeps in a job's progress that its upstream fails, for whoever asks why the job does not go on.
struct UpstreamNotes: UpstreamWatch {
  /// The read does not wait for a database that is away.
  private static let patience = Duration.seconds(2)

  private let claim: JobClaim
  private let definition: SourceDefinition
  private let pool: PGPool
  /// The job says so now, as far as anybody here knows: an earlier attempt may have left a note.
  private let isNoted: Locked<Bool>

  init(_ claim: JobClaim, _ definition: SourceDefinition, pool: PGPool) {
    self.claim = claim
    self.definition = definition
    self.pool = pool
    isNoted = Locked(claim.attempt > 1 || claim.isTakenOver)
  }

  func fails(_ error: SourceError, askedAgainIn wait: Duration) async {
    isNoted.with { $0 = true }
    let (claim, definition) = (claim, definition)
    await write { session in
      try JobStore.note(
        session, claim, source: definition.name, place: definition.place, code: error.code, message: error.message,
        againInMilliseconds: wait.inMilliseconds)
    }
  }

  func answers() async {
    guard isNoted.with({ $0 }) else { return }
    let claim = claim
    if await write({ try JobStore.settleUpstream($0, claim) }) { isNoted.with { $0 = false } }
  }

  /// False: it could not be written. A lost claim is found out by the run itself.
  @discardableResult
  private func write(_ body: @escaping @Sendable (PGSession) throws -> Void) async -> Bool {
    do {
      try await withTimeout(Self.patience) { [pool] in try await pool.run(body) }
      return true
    } catch {
      return false
    }
  }
}
