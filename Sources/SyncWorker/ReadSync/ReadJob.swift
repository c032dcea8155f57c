import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// A claimed `read_sync` job from its parameters to its end.
struct ReadJob: Sendable {
  let configuration: WorkerConfiguration
  let claim: JobClaim
  let pool: PGPool
  let producer: KafkaProducer
  let sources: SourceFactory
  let log: Log

  func run() async throws {
    guard let parameters = try? JSONValue(parsing: claim.parameters),
      let request = ReadSyncRequest(parameters: parameters, organization: claim.organization)
    else {
      throw JobFailure(
        code: "INVALID_PARAMETERS", message: "the job's parameters are not a read request", isTransient: false)
    }
    let definition = try configuration.catalog.source(request.source)
    let source = sources.source(definition)
    if request.dryRun {
      try await DryRun(claim: claim, request: request, definition: definition, source: source, pool: pool).run()
      log.info("dry run done")
      return
    }
    var isApproved = false
    if case .bool(true)? = parameters["approved"] { isApproved = true }
    let run = ReadRun(
      configuration: configuration, claim: claim, request: request, definition: definition, source: source,
      producer: producer, pool: pool, isApproved: isApproved)
    let ending = try await run.read()
    let claim = claim
    let swept = try await pool.run { try ReadRunStore.finish($0, claim, ending, slot: 0) }
    CrashPoint.readFinished.pass()
    switch ending {
    case .success: log.info("read sync completed", ("mode", request.mode.rawValue), ("swept", String(swept)))
    case .awaitingApproval(let code, let message), .failure(let code, let message):
      log.warning("read sync waits", ("code", code), ("cause", message))
    }
  }
}
