import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Claims due edits and pushes each in a task of its own; one heartbeat keeps all their leases.
///
/// Rows are the queue: an edit whose message was lost is found all the same. No transaction is open while PEMS works.
final class Pusher: Sendable {
  private struct State {
    var running: [String: (claim: PushClaim, task: Task<Void, Never>)] = [:]
    var isDraining = false
  }

  private let configuration: WorkerConfiguration
  private let pool: PGPool
  private let targets: WriteTargets
  private let metrics: Metrics
  private let log: Log
  private let state = Locked(State())
  private let bell = Bell()
  private let complaint: Complaint

  init(configuration: WorkerConfiguration, pool: PGPool, sources: SourceFactory, metrics: Metrics) {
    self.configuration = configuration
    self.pool = pool
    self.metrics = metrics
    targets = WriteTargets(
      catalog: configuration.catalog, sources: sources, rest: configuration.unknownTargetRest)
    log = configuration.log
    complaint = Complaint("pushes can not be looked for", log: configuration.log)
  }

  /// Somebody asked for a push.
  func wake() { bell.ring() }

  /// Works until drained or cancelled.
  func run() async throws {
    let heart = Task { await beat() }
    while !state.with({ $0.isDraining }) && !Task.isCancelled {
      await claim()
      await bell.nap(.milliseconds(500))
    }
    await withTaskCancellationHandler {
      for push in state.with({ Array($0.running.values) }) { await push.task.value }
    } onCancel: {
      for push in state.with({ Array($0.running.values) }) { push.task.cancel() }
    }
    heart.cancel()
  }

  /// Claims nothing more; what runs is given back, and whoever goes on with it looks first what became of it.
  func drain() async {
    let running = state.with { state in
      state.isDraining = true
      return Array(state.running.values)
    }
    for push in running { push.task.cancel() }
    wake()
  }

  private func claim() async {
    guard configuration.kinds.contains(.writeBack) else { return }
    let free = state.with { $0.isDraining ? 0 : configuration.pushes - $0.running.count }
    guard free > 0 else { return }
    do {
      let targets = targets
      let claims = try await pool.run { session in
        try session.asSystem {
          let open = try BreakerStore.open(session)
          return try PushStore.claim(session, limit: free, resting: targets.resting(open.filter(\.rests).map(\.tenant)))
        }
      }
      if !claims.isEmpty { CrashPoint.pushClaimed.pass() }
      complaint.settle()
      for claim in claims { start(claim) }
    } catch let error as PGError where error.isConflict || error.sqlstate == "23505" {
      // Somebody changed the same rows: they are looked for again.
      bell.ring()
    } catch {
      complaint.tell("\(error)")
    }
  }

  private func start(_ claim: PushClaim) {
    let trace = Trace.valid(claim.trace)
    var log = log.with(("edit", claim.id), ("organization", claim.organization), ("record", claim.pfaId))
    if let id = Trace.id(trace) { log = log.with(("trace", id)) }
    let pushLog = log
    if claim.isTakenOver { log.info("push taken over; PEMS is asked what became of it") }
    let count = state.with { state in
      // Made under the lock, which its end needs to take it away again.
      state.running[claim.id] = (
        claim,
        Task {
          await Trace.$current.withValue(trace) { await drive(claim, pushLog) }
          finished(claim)
        }
      )
      return state.running.count
    }
    metrics.set(MetricCatalog.pushesInFlight, Double(count))
  }

  private func finished(_ claim: PushClaim) {
    let left = state.with { state in
      state.running[claim.id] = nil
      return state.running.count
    }
    metrics.set(MetricCatalog.pushesInFlight, Double(left))
    wake()
  }

  private func drive(_ claim: PushClaim, _ log: Log) async {
    do {
      try await settle(claim, log) {
        try await Push(claim: claim, target: try targets.target(lastRead: claim.lastSource), pool: pool).run()
      }
    } catch is Fenced {
      metrics.add(MetricCatalog.fenced)
      log.warning("the push is no longer ours: taken over, or the edit has changed")
    } catch let error where error is CancellationError || (error as? SourceError)?.reason == .cancelled {
      await giveBack(claim, log)
    } catch {
      log.error("the push could not be ended; it is taken over when its lease expires", ("cause", "\(error)"))
    }
  }

  /// Runs the push and writes its end down in one transaction.
  private func settle(_ claim: PushClaim, _ log: Log, _ push: () async throws -> Push.Ending) async throws {
    let day = String(timestamp(.now).prefix(10))
    let topic = configuration.topics.writeBack
    do {
      switch try await push() {
      case .confirmed(let values, let hashes, let order, let wasSent):
        try await persist {
          try PushStore.finish(
            $0, claim, values, hashes: hashes, order: order, wasSent: wasSent, topic: topic, day: day)
        }
        CrashPoint.pushFinished.pass()
        count(wasSent ? "updated" : "unchanged")
        log.info(wasSent ? "edit pushed" : "PEMS has the edit already")
      case .conflict(let conflict):
        try await persist { try PushStore.conflict($0, claim, conflict, day: day) }
        CrashPoint.pushConflicted.pass()
        count("conflicted")
        log.warning("an edit conflicts with PEMS", ("kind", conflict.kind.rawValue))
      }
    } catch let error as SourceError where error.reason != .cancelled {
      try await retryOrFail(claim, JobFailure(error), day, log)
    }
  }

  /// A transient failure: again later (W6). Anything else ends the push, with a dead letter.
  private func retryOrFail(_ claim: PushClaim, _ failure: JobFailure, _ day: String, _ log: Log) async throws {
    var generator = SystemRandomNumberGenerator()
    let delay = configuration.pushRetry.delay(after: failure, attempt: claim.attempt, using: &generator)
    if let delay {
      metrics.add(MetricCatalog.retries, 1, [("code", failure.code)])
      log.warning(
        "the push is tried again later", ("code", failure.code), ("cause", failure.message),
        ("seconds", String(Int(delay.rounded(.up)))))
      try await persist {
        try PushStore.delay(
          $0, claim, milliseconds: Int64(delay * 1000), code: failure.code, message: failure.message,
          costsAttempt: failure.costsAttempt)
      }
    } else {
      let (topic, eventId) = (configuration.topics.writeBack, UUIDText.random())
      try await persist {
        try PushStore.fail(
          $0, claim, code: failure.code, message: failure.message, topic: topic, eventId: eventId, day: day)
      }
      count("rejected")
      log.error("the push failed", ("code", failure.code), ("cause", failure.message))
    }
  }

  /// Goes on through outages of Postgres; whoever takes the push over meanwhile fences this.
  private func persist(_ body: @escaping @Sendable (PGSession) throws -> Void) async throws {
    var backoff = Backoff(base: .milliseconds(50), cap: .seconds(3))
    while true {
      do {
        return try await pool.run(body)
      } catch let error as PGError where error.isTransient || error.isConflict {
        metrics.add(MetricCatalog.retries, 1, [("code", JobFailure(error).code)])
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  private func count(_ outcome: String) {
    metrics.add(MetricCatalog.records, 1, [("kind", WorkKind.writeBack.rawValue), ("outcome", outcome)])
  }

  /// A push whose lease is gone is stopped: somebody else goes on with it.
  private func beat() async {
    while (try? await Task.sleep(for: .seconds(PushStore.leaseSeconds) / 4)) != nil {
      let running = state.with { $0.running }
      guard !running.isEmpty else { continue }
      let claims = running.values.map(\.claim)
      do {
        let held = try await pool.run { session in
          try session.asSystem { try PushStore.hold(session, claims) }
        }
        for push in running.values where !held.contains(push.claim.id) { push.task.cancel() }
      } catch {
        log.warning("the leases of pushes could not be extended", ("cause", "\(error)"))
      }
    }
  }

  /// The worker stops: the push is let go at once instead of when its lease runs out.
  private func giveBack(_ claim: PushClaim, _ log: Log) async {
    // In a task of its own: this one is cancelled, and would be refused a connection.
    let pool = pool
    let release = Task {
      try await pool.run { try PushStore.delay($0, claim, milliseconds: 0, code: nil, message: nil) }
    }
    do {
      try await release.value
      log.info("the push is given back; another worker goes on with it")
    } catch is Fenced {
      return
    } catch {
      log.warning("the push could not be given back; its lease runs out by itself", ("cause", "\(error)"))
    }
  }
}
