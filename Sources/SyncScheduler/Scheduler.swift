import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Fires due jobs while it leads, and stands by otherwise. Any number may run.
package final class Scheduler: Sendable {
  private struct State {
    var lead: Lead?
    var work: Task<Void, Never>?
    var isDraining = false
    var lastTurn: ContinuousClock.Instant?
    var isReachable = false
    var isCurrent = false
    var told = ""
  }

  package let metrics: Metrics
  private let configuration: SchedulerConfiguration
  private let pool: PGPool
  private let log: Log
  private let differences = Locked<[String: Int]>([:])
  private let state = Locked(State())

  /// Connects nothing yet.
  package init(_ configuration: SchedulerConfiguration, metrics: Metrics = .ofProcess()) {
    self.configuration = configuration
    self.metrics = metrics
    log = configuration.log
    var options = configuration.postgres
    // A leader that is frozen inside a transaction holds the lease's row: it must let go before its lease ends.
    options.idleInTransactionTimeout = .seconds(Int64(ScheduleLease.seconds) - 2)
    pool = PGPool(options, size: 2, name: "scheduler", log: configuration.log)
    showLead()
  }

  package var isLeader: Bool { state.with { $0.lead != nil } }
  /// When the loop last went round; nil: never.
  package var lastTurn: ContinuousClock.Instant? { state.with { $0.lastTurn } }

  package var service: Service {
    Service("scheduler", drain: { self.drain() }, run: { await self.run() })
  }

  /// Frees what it used; call it when the service has ended.
  package func close() async { await pool.close() }

  private func drain() { state.with { $0.isDraining = true } }

  /// Works until drained or cancelled.
  private func run() async {
    var backoff = Backoff(base: .milliseconds(200), cap: .seconds(3))
    while !state.with({ $0.isDraining }) && !Task.isCancelled {
      var pause = configuration.pollInterval
      do {
        if try await turn() { pause = .zero }
        backoff.reset()
        state.with { $0.isReachable = true }
      } catch is Fenced {
        metrics.add(MetricCatalog.fenced)
        await lose("another scheduler leads")
      } catch is CancellationError {
        break
      } catch {
        state.with { $0.isReachable = (error as? PGError)?.isUnreachable != true }
        // libpq's advice of several lines begins with the second.
        tell("the scheduler waits", String("\(error)".prefix { $0 != "\n" }))
        pause = backoff.next()
      }
      let (isReachable, isCurrent) = state.with { state in
        state.lastTurn = .now
        return (state.isReachable, state.isCurrent)
      }
      configuration.onTurn(isReachable, isCurrent)
      metrics.set(MetricCatalog.databaseUp, isReachable ? 1 : 0)
      showLead()
      try? await Task.sleep(for: pause)
    }
    await release()
  }

  /// True: there is more to do at once.
  private func turn() async throws -> Bool {
    guard let token = try await lead() else { return false }
    let turn = LeaderTurn(token: token, now: configuration.now(), jobs: configuration.jobs)
    let asked = ContinuousClock.now
    let report = try await pool.run { try turn.perform($0) }
    state.with { $0.lead?.renewed(at: asked) }
    if !report.lines.isEmpty { CrashPoint.firingCommitted.pass() }
    for line in report.lines { note(line) }
    startOwnWork(token)
    return report.hasMore
  }

  /// The token; nil while somebody else leads, or the schema is not there yet.
  private func lead() async throws -> Int64? {
    if let token = state.with({ $0.lead?.token }) { return token }
    let owner = configuration.owner
    let asked = ContinuousClock.now
    let (isCurrent, token) = try await pool.run { session -> (Bool, Int64?) in
      guard try Migrator.isCurrent(session) else { return (false, nil) }
      return try session.asSystem {
        (true, try ScheduleLease.take(session, owner: owner))
      }
    }
    state.with {
      $0.isReachable = true
      $0.isCurrent = isCurrent
    }
    guard isCurrent else {
      tell("the scheduler waits", "the schema is not current: run 'syncline migrate up'")
      return nil
    }
    guard let token else {
      tell("standing by: another scheduler leads", "")
      return nil
    }
    CrashPoint.leadTaken.pass()
    state.with {
      $0.lead = Lead(token: token, at: asked)
      $0.told = ""
    }
    showLead()
    log.info("leading", ("jobs", String(configuration.jobs.filter(\.isEnabled).count)), ("token", String(token)))
    return token
  }

  private func lose(_ reason: String) async {
    let work = state.with { state in
      state.lead = nil
      defer { state.work = nil }
      return state.work
    }
    showLead()
    log.warning("the lead is lost", ("cause", reason))
    work?.cancel()
    await work?.value
  }

  private func release() async {
    let (token, work) = state.with { state in
      defer { state.lead = nil }
      return (state.lead?.token, state.work)
    }
    work?.cancel()
    await work?.value
    showLead()
    guard let token else { return }
    // In a task of its own: this one may be cancelled, and would be refused a connection.
    let pool = pool
    let handOver = Task {
      try await pool.run { session in try session.asSystem { try ScheduleLease.release(session, token) } }
    }
    do {
      try await handOver.value
      log.info("the lead is given up")
    } catch {
      log.warning("the lead could not be given up; it runs out by itself", ("cause", "\(error)"))
    }
  }

  /// Who could not renew its lease does not lead: nothing is fired, whoever could be asked.
  private func showLead() {
    metrics.set(MetricCatalog.schedulerLeader, state.with { $0.lead?.isHeld(at: .now) == true } ? 1 : 0)
  }

  // MARK: Work of its own

  /// One at a time, beside the loop, which goes on holding the lead.
  private func startOwnWork(_ token: Int64) {
    state.with { state in
      guard state.work == nil, !state.isDraining else { return }
      state.work = Task {
        do {
          while try await workOnce(token) {}
        } catch {
          log.debug("own work stops", ("cause", "\(error)"))
        }
        self.state.with { $0.work = nil }
      }
    }
  }

  /// False: there is nothing to do. What it began and could not end is begun again, by this leader or the next.
  private func workOnce(_ token: Int64) async throws -> Bool {
    let firing = try await pool.run { session in
      try ScheduleLease.holding(session, token) { try FiringStore.nextOwnWork(session) }
    }
    guard let firing else { return false }
    let (outcome, detail) = try await outcome(firing, token)
    CrashPoint.ownWorkDone.pass()
    let now = configuration.now()
    let job = configuration.jobs.first { $0.name == firing.key.job }
    try await pool.run { session in
      try ScheduleLease.holding(session, token) {
        try FiringStore.end(session, firing.id, outcome, detail: detail, now: now)
        if outcome == .failed, let job, firing.attempt <= job.retries {
          try FiringStore.retry(session, firing.id, at: now + job.retryDelay)
        }
      }
    }
    note(
      LeaderTurn.Report.Line(
        job: firing.key.job, organization: firing.key.organization, kind: firing.kind, outcome: outcome.rawValue,
        detail: detail))
    return true
  }

  private func outcome(_ firing: FiringStore.Firing, _ token: Int64) async throws -> (FiringStore.State, String) {
    guard let job = configuration.jobs.first(where: { $0.name == firing.key.job && $0.kind.rawValue == firing.kind })
    else { return (.cancelled, "the job is not defined any more") }
    let work = OwnWork(pool: pool, token: token, metrics: metrics, differences: differences)
    do {
      let detail = try await withTimeout(.seconds(job.timeout)) {
        try await work.perform(job, organization: firing.key.organization)
      }
      return (.succeeded, detail)
    } catch let failure as OwnWork.Failure {
      return (.failed, failure.detail)
    } catch is TimedOut {
      return (.timedOut, "not done in time")
    } catch let error as PGError where !error.isUnreachable {
      return (.failed, error.description)
    }
  }

  // MARK: News

  private func note(_ line: LeaderTurn.Report.Line) {
    metrics.add(MetricCatalog.firings, Double(line.count), [("kind", line.kind), ("outcome", line.outcome)])
    if let delay = line.delay { metrics.observe(MetricCatalog.firingDelay, Double(max(0, delay))) }
    let log = log.with(("job", line.job), ("organization", line.organization))
    switch line.outcome {
    case "failed", "timed_out": log.warning("firing \(line.outcome)", ("cause", line.detail ?? ""))
    case "missed": log.warning("missed firings are left out", ("count", String(line.count)))
    case "waiting", "skipped":
      log.info("firing \(line.outcome)", ("cause", line.detail ?? "an earlier one has not ended"))
    default:
      let log = line.detail.map { log.with(("detail", $0)) } ?? log
      log.info("firing \(line.outcome)")
    }
  }

  /// Says the same thing once.
  private func tell(_ message: String, _ cause: String) {
    let isNews = state.with { state in
      defer { state.told = message + cause }
      return state.told != message + cause
    }
    guard isNews else { return }
    if cause.isEmpty { log.info(message) } else { log.warning(message, ("cause", cause)) }
  }
}
