import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Claims due jobs and drives each in a task of its own, with a heartbeat beside it.
///
/// A job whose lease another worker has taken is dropped at once: every write of it is fenced.
final class JobRunner: Sendable {
  private struct State {
    var running: [String: (kind: String, task: Task<Void, Never>)] = [:]
    var isDraining = false
    var waiter: CheckedContinuation<Void, Never>?
    var hasNews = false
    /// The producer is of no use any more: only a new process has another one.
    var fatal: KafkaError?
  }

  private let configuration: WorkerConfiguration
  private let pool: PGPool
  private let producer: KafkaProducer
  private let sources: SourceFactory
  private let metrics: Metrics
  private let log: Log
  private let complaint: Complaint
  private let state = Locked(State())

  init(
    configuration: WorkerConfiguration, pool: PGPool, producer: KafkaProducer, sources: SourceFactory, metrics: Metrics
  ) {
    self.configuration = configuration
    self.pool = pool
    self.producer = producer
    self.metrics = metrics
    log = configuration.log
    complaint = Complaint("jobs can not be looked for", log: configuration.log)
    self.sources = sources
  }

  /// Somebody queued a job.
  func wake() {
    let waiter = state.with { state in
      state.hasNews = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Looks for work until drained or cancelled. Throws the KafkaError after which this process can not publish any
  /// more.
  func run() async throws {
    while !state.with({ $0.isDraining }) && !Task.isCancelled {
      await claimAll()
      await nap()
      if let fatal = state.with({ $0.fatal }) { throw fatal }
    }
    await withTaskCancellationHandler {
      for job in state.with({ Array($0.running.values) }) { await job.task.value }
    } onCancel: {
      for job in state.with({ Array($0.running.values) }) { job.task.cancel() }
    }
  }

  /// Takes no new job; what runs is given back after its present step, for another worker to go on with.
  func drain() async {
    let tasks = state.with { state in
      state.isDraining = true
      return state.running.values.map(\.task)
    }
    for task in tasks { task.cancel() }
    wake()
    // A page that no broker takes would keep the stop waiting; the run reads it again elsewhere.
    try? await Task.sleep(for: .seconds(3))
    if state.with({ !$0.running.isEmpty }) { producer.purge() }
  }

  private func claimAll() async {
    // Each kind by itself: a schema change does not wait behind long reads.
    for kind in configuration.kinds.intersection(WorkKind.drivenByJobs) { await claimAll(kind.rawValue) }
  }

  private func claimAll(_ kind: String) async {
    func isFree(_ state: State) -> Bool {
      state.running.values.count { $0.kind == kind } < configuration.readRuns && !state.isDraining
    }
    while state.with({ isFree($0) }) {
      let owner = configuration.owner
      do {
        let claim = try await pool.run { session in
          try session.asSystem { try JobStore.claim(session, kinds: [kind], owner: owner) }
        }
        complaint.settle()
        guard let claim else { return }
        CrashPoint.jobClaimed.pass()
        start(claim)
      } catch {
        complaint.tell("\(error)")
        return
      }
    }
  }

  private func start(_ claim: JobClaim) {
    let trace = Trace.valid((try? JSONValue(parsing: claim.parameters))?["traceparent"]?.string)
    var log = log.with(("job", claim.id), ("organization", claim.organization))
    if let id = Trace.id(trace) { log = log.with(("trace", id)) }
    let jobLog = log
    log.info(claim.isTakenOver ? "job taken over" : "job started", ("attempt", String(claim.attempt)))
    let task = Task {
      let started = ContinuousClock.now - claim.elapsed
      let isEnded = await Trace.$current.withValue(trace) { await drive(claim, jobLog) }
      if isEnded {
        metrics.observe(MetricCatalog.jobDuration, started.duration(to: .now).inSeconds, [("kind", claim.kind)])
      }
      state.with { _ = $0.running.removeValue(forKey: claim.id) }
      wake()
    }
    let isLate = state.with { state in
      state.running[claim.id] = (claim.kind, task)
      return state.isDraining
    }
    // Claimed when the stop had begun already, perhaps what this worker has just given back.
    if isLate { task.cancel() }
  }

  /// The job and its heartbeat; the first to end ends the other. False: it goes on later, or with somebody else.
  private func drive(_ claim: JobClaim, _ log: Log) async -> Bool {
    do {
      return try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { try await self.execute(claim, log) }
        group.addTask { try await self.beat(claim) }
        defer { group.cancelAll() }
        return try await group.next() ?? false
      }
    } catch is Fenced {
      metrics.add(MetricCatalog.fenced)
      log.warning("the job is no longer ours: taken over, cancelled or finished")
    } catch let error where error is CancellationError || (error as? SourceError)?.reason == .cancelled {
      await giveBack(claim, log)
    } catch let error as KafkaError where error.isFatal {
      log.error("this worker can not publish any more and ends", ("cause", error.description))
      await giveBack(claim, log)
      state.with { $0.fatal = error }
    } catch {
      log.error("the job could not be ended; it is taken over when its lease expires", ("cause", "\(error)"))
    }
    return false
  }

  /// Until it throws.
  private func beat(_ claim: JobClaim) async throws -> Bool {
    while true {
      try await Task.sleep(for: .seconds(JobStore.leaseSeconds) / 4)
      do {
        try await pool.run { session in try JobStore.holding(session, claim) {} }
      } catch let error as PGError where error.isTransient {
        continue
      }
    }
  }

  /// Goes on through outages of Postgres and Kafka: they are no fault of the job's and cost it no attempt. Whoever
  /// takes it over meanwhile fences this. False: it is tried again later.
  private func execute(_ claim: JobClaim, _ log: Log) async throws -> Bool {
    var backoff = Backoff(base: .milliseconds(200), cap: .seconds(5))
    while true {
      do {
        return try await attempt(claim, log)
      } catch let error where JobFailure.isOutage(error) {
        metrics.add(MetricCatalog.retries, 1, [("code", JobFailure(error).code)])
        log.warning("the job waits", ("cause", "\(error)"))
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  private func attempt(_ claim: JobClaim, _ log: Log) async throws -> Bool {
    do {
      switch WorkKind(rawValue: claim.kind) {
      case .schemaChange:
        try await SchemaJob(
          claim: claim, pool: pool,
          target: SchemaTarget(master: configuration.postgres, credentials: configuration.credentials),
          settings: configuration.schema, holder: configuration.owner, metrics: metrics, log: log
        ).run()
      default:
        try await ReadJob(
          configuration: configuration, claim: claim, pool: pool, producer: producer, sources: sources, log: log
        ).run()
      }
      return true
    } catch let error where JobFailure.saysSomething(error) && !JobFailure.isOutage(error) {
      return try await retryOrFail(claim, JobFailure(error), log)
    }
  }

  /// A transient failure: the job goes on later at its checkpoint, false; a permanent one ends it.
  private func retryOrFail(_ claim: JobClaim, _ failure: JobFailure, _ log: Log) async throws -> Bool {
    var generator = SystemRandomNumberGenerator()
    let delay = configuration.jobRetry.delay(after: failure, attempt: claim.attempt, using: &generator)
    if let delay {
      metrics.add(MetricCatalog.retries, 1, [("code", failure.code)])
      log.warning(
        "the job is tried again later", ("code", failure.code), ("cause", failure.message),
        ("seconds", String(Int(delay.rounded(.up)))))
      try await pool.run {
        try JobStore.retry(
          $0, claim, afterMilliseconds: Int64(delay * 1000), code: failure.code, message: failure.message,
          costsAttempt: failure.costsAttempt)
      }
    } else {
      log.error("the job failed", ("code", failure.code), ("cause", failure.message))
      try await pool.run { session in
        if claim.kind == WorkKind.schemaChange.rawValue {
          return try SchemaRequestStore.failOpen(session, claim, code: failure.code, message: failure.message)
        }
        let ending = ReadRunStore.Ending.failure(code: failure.code, message: failure.message)
        _ = try ReadRunStore.finish(session, claim, ending, slot: 0)
      }
    }
    return delay == nil
  }

  /// The worker stops: the lease is let go at once instead of running out.
  private func giveBack(_ claim: JobClaim, _ log: Log) async {
    // In a task of its own: this one is cancelled, and would be refused a connection.
    let pool = pool
    let release = Task { try await pool.run { try JobStore.release($0, claim) } }
    do {
      try await release.value
      log.info("the job is given back; another worker goes on with it")
    } catch {
      log.warning("the job could not be given back; its lease runs out by itself", ("cause", "\(error)"))
    }
  }

  private func nap() async {
    let timer = Task {
      // Cancelled means woken: waking again would make a busy loop of the naps.
      if (try? await Task.sleep(for: .milliseconds(500))) != nil { wake() }
    }
    await withCheckedContinuation { continuation in
      let now = state.with { state in
        if state.hasNews || state.isDraining {
          state.hasNews = false
          return true
        }
        state.waiter = continuation
        return false
      }
      if now { continuation.resume() }
    }
    state.with { $0.hasNews = false }
    timer.cancel()
  }
}
