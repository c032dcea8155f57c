import Postgres
import Runtime
import SyncStore

/// Reads the parts of a page one after the other on one connection; a database that does not answer is asked once, not
/// once for each part.
actor SectionReader {
  typealias Run = @Sendable (@Sendable (PGSession) throws -> Void) async throws -> Void

  private let run: Run
  private let deadline: Deadline
  private var outage: String?

  /// `run` lends a session, as `PGPool.run` does; after `patience` nothing more is begun.
  init(within patience: Duration, _ run: @escaping Run) {
    self.run = run
    deadline = Deadline(after: patience)
  }

  /// Why the database could not be asked; nil when it could.
  var trouble: String? { outage }

  /// What `body` reads in one snapshot of all organizations, or why it could not.
  func read<Value: Sendable>(_ body: @escaping @Sendable (PGSession) throws -> Value) async -> Section<Value> {
    if let outage { return .missing(outage) }
    if deadline.hasPassed { return .missing("the database took too long for what stands above") }
    let result = Locked<Value?>(nil)
    do {
      try await run { session in
        let value = try session.reading { try body(session) }
        result.with { $0 = value }
      }
    } catch {
      let cause = SectionReader.cause(error)
      if let error = error as? PGError, error.isUnreachable || error.kind == .poolTimeout { outage = cause }
      return .missing(cause)
    }
    return result.with { $0 }.map { .read($0) } ?? .missing("not read")
  }

  /// As a command would say it, without its advice.
  private static func cause(_ error: any Error) -> String {
    ErrorRules.all.lazy.compactMap { $0(error)?.first?.message }.first ?? "it could not be read"
  }
}
