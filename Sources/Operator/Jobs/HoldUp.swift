import Postgres
import Runtime
import SyncStore

/// Says to who waits for a job what holds it up, each thing once: where its request is, an upstream that fails, a
/// pause, a worker that is not there.
struct HoldUp {
  /// How often the circumstances are looked at.
  private static let pause = Duration.seconds(2)

  private let connection: PGConnection
  private let output: Output
  /// The consumer group whose workers are to take it.
  private let group: String
  private var told = ""
  private var nextLook: ContinuousClock.Instant

  /// Nothing is said within the first two seconds: most jobs are done by then.
  init(_ connection: PGConnection, group: String, _ output: Output) {
    self.connection = connection
    self.group = group
    self.output = output
    nextLook = .now + Self.pause
  }

  /// Looks when it is time to. Throws the request's own code when it was refused.
  mutating func look(_ id: String) async throws {
    guard ContinuousClock.now >= nextLook else { return }
    nextLook = .now + Self.pause
    let group = group
    let found = try await connection.run { session in try session.reading { try Self.read(session, id, group) } }
    guard let found else { return }
    if let request = found.request { try JobSubject.refuse(request) }
    // The evidence changes all the time.
    guard found.why != told else { return }
    output.interject("job \(id): \(found.why)\(found.evidence.map { " (\($0))" } ?? "")")
    told = found.why
  }

  /// Nil: nothing holds it up.
  private static func read(
    _ session: PGSession, _ id: String, _ group: String
  ) throws -> (why: String, evidence: String?, request: JobRequest?)? {
    if let job = try JobReports.circumstances(session, id) {
      let verdict = JobVerdict(job)
      return verdict.isHeldUp ? (verdict.why, verdict.evidence, nil) : nil
    }
    guard let request = try JobRequestStore.find(session, id, group: group) else { return nil }
    return (RequestVerdict(request, try CrewStore.crew(session), group: group).why, nil, request)
  }
}
