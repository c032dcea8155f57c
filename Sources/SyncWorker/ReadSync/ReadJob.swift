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
    let definition = try definition(request.source)
    let source = sources.source(definition, watch: UpstreamNotes(claim, definition, pool: pool), log: log)
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
    case .success(_, _, _, let note?):
      log.warning("read sync completed", ("code", note.code), ("cause", note.message))
    case .success: log.info("read sync completed", ("mode", request.mode.rawValue), ("swept", String(swept)))
    case .awaitingApproval(let code, let message), .failure(let code, let message):
      log.warning("read sync waits", ("code", code), ("cause", message))
    }
  }

  /// Throws what to do about a source that this worker does not know: others than this one may have read it later.
  private func definition(_ name: String) throws(JobFailure) -> SourceDefinition {
    let catalog = configuration.catalog
    if let definition = catalog.sources[name] { return definition }
    var lack = JobFailure(code: "SOURCE_NOT_FOUND", message: "no source is named \(name)", isTransient: false)
    do { _ = try catalog.source(name) } catch { lack = JobFailure(error) }
    throw JobFailure(
      code: lack.code,
      message: lack.message + "; workers read their jobs directory when they start: restart them after a change, then "
        + "'syncline jobs retry \(claim.id)'",
      isTransient: false)
  }
}
