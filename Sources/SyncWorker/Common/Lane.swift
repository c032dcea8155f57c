import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Applies the messages of one partition, in order, under one claim.
///
/// Never gives a message up: what fails for the moment is tried again, what the database refuses is narrowed down to
/// the message and the record, and that one is kept or rejected alone. A lane ends when its partition is revoked or
/// another worker has taken it over.
final class Lane: Sendable {
  /// Why a lane came to its end.
  enum Ending: Sendable { case closed, fenced }

  struct Tools: Sendable {
    /// The kind of the partition's topic, as metrics name it.
    let kind: String
    let pool: PGPool
    let metrics: Metrics
    let log: Log
    /// Pauses or resumes the partition in the consumer.
    let flow: @Sendable (Mailbox.Flow) -> Void
    /// Everything before this offset is applied.
    let applied: @Sendable (Int64) -> Void
    /// A job was queued.
    let wake: @Sendable () -> Void
  }

  let claim: PartitionClaim
  let mailbox: Mailbox
  private let tools: Tools
  private let position: Locked<Int64>
  private let log: Log

  init(claim: PartitionClaim, start: Int64, laneBytes: Int, tools: Tools) {
    self.claim = claim
    self.tools = tools
    mailbox = Mailbox(limit: laneBytes)
    position = Locked(start)
    log = tools.log.with(("topic", claim.topic), ("partition", String(claim.partition)))
  }

  /// The next offset to apply.
  var nextOffset: Int64 { position.with { $0 } }

  /// Works until the mailbox is closed or the claim is lost.
  func run() async -> Ending {
    while let (messages, flow) = await mailbox.take() {
      if flow != .keep { tools.flow(flow) }
      let fresh = messages.fresh(from: nextOffset)
      guard !fresh.isEmpty else { continue }
      do {
        try await apply(fresh.map { DecodedMessage($0, kind: WorkKind(rawValue: tools.kind)) })
      } catch is CancellationError {
        return .closed
      } catch {
        if !(error is Fenced) { log.error("a lane ends and is opened anew", ("cause", "\(error)")) }
        tools.metrics.add(MetricCatalog.fenced)
        log.warning("fenced: the partition is not where this worker left it", ("epoch", String(claim.epoch)))
        return .fenced
      }
    }
    return .closed
  }

  /// Returns when the messages are applied. Throws Fenced, and CancellationError when the lane is given up.
  private func apply(_ messages: [DecodedMessage]) async throws {
    let expected = nextOffset
    let next = (messages.last?.message.offset ?? expected - 1) + 1
    var attempt = Attempt(
      transaction: BatchTransaction(
        claim: claim, expected: expected, next: next, messages: messages, origin: origin()),
      complaint: Complaint("a batch could not be applied and is tried again", log: log))
    attempt.transaction.kind = tools.kind
    while true {
      do {
        switch try await turn(&attempt, next) {
        case .done:
          attempt.complaint.settle()
          return
        case .again: continue
        case .singly:
          // One message a transaction: whatever spoils the batch then stands alone.
          for message in messages { try await apply([message]) }
          return
        }
      } catch let error as PGError {
        // Also what narrowing or looking at the stored offset met: nothing of it is lost, all of it is tried again.
        tools.metrics.add(MetricCatalog.batches, 1, [("kind", tools.kind), ("result", "retried")])
        tools.metrics.add(MetricCatalog.retries, 1, [("code", error.sqlstate ?? error.kind.rawValue)])
        if !error.isConflict && error.sqlstate != "23505" {
          attempt.complaint.tell(BatchAttempt.cause(error), with: BatchAttempt.place(messages))
        }
        try await Task.sleep(for: attempt.backoff.next())
      }
    }
  }

  /// What is tried for a batch.
  private struct Attempt {
    var transaction: BatchTransaction
    let complaint: Complaint
    var backoff = Backoff(base: .milliseconds(20), cap: .seconds(10))
    var tried = BatchAttempt()
  }

  private enum Verdict { case done, again, singly }

  private func turn(_ attempt: inout Attempt, _ next: Int64) async throws -> Verdict {
    let started = ContinuousClock.now
    let work = attempt.transaction
    do {
      let report = try await tools.pool.run { try work.perform($0) }
      CrashPoint.batchCommitted.pass()
      finish(next, report, started.duration(to: .now), work.messages)
      return .done
    } catch is Fenced {
      // After a commit of unknown outcome the stored offset tells: our epoch behind our messages means that it was
      // done.
      guard try await stored() == next else { throw Fenced() }
      finish(next, BatchTransaction.Report(), started.duration(to: .now), [])
      return .done
    } catch let error as PGError {
      let step = attempt.tried.next(
        after: error, messages: work.messages.count, records: work.messages[0].recordCount)
      guard step != .again else { throw error }
      tools.metrics.add(MetricCatalog.batches, 1, [("kind", tools.kind), ("result", "retried")])
      if step == .singly { return .singly }
      try await narrow(&attempt, step, error)
      if attempt.tried.isPatient { try await Task.sleep(for: attempt.backoff.next()) }
      return .again
    }
  }

  /// The database refused the only message: its bad records are rejected, or else the message is kept, in the end
  /// without whatever of it could be refused again.
  private func narrow(_ attempt: inout Attempt, _ step: BatchAttempt.Next, _ error: PGError) async throws {
    var step = step
    if step == .findRecords {
      let work = attempt.transaction
      let refused = try await tools.pool.run { try work.findRefused($0) }
      if !refused.isEmpty {
        attempt.transaction.refused.merge(refused) { first, _ in first }
        CrashPoint.batchNarrowed.pass()
        return
      }
      step = attempt.tried.keep()
    }
    attempt.transaction.keepsLittle = step == .keep(little: true)
    attempt.transaction.fault = MessageFault(
      code: "REFUSED_\(error.sqlstate ?? "VALUE")", reason: "the database refuses this message: \(error.description)")
  }

  /// The stored position under our epoch; throws Fenced when the epoch is another.
  private func stored() async throws -> Int64 {
    let claim = claim
    return try await tools.pool.run { session in
      let rows = try OffsetStore.positions(session, group: claim.group)
      guard let row = rows.first(where: { $0.topic == claim.topic && $0.partition == claim.partition }),
        row.epoch == claim.epoch
      else { throw Fenced() }
      return row.nextOffset
    }
  }

  /// How many there were, and how long the oldest was under way.
  private func tell(_ messages: [DecodedMessage]) {
    tools.metrics.observe(MetricCatalog.batchMessages, Double(messages.count))
    guard let oldest = messages.map(\.message.timestamp).filter({ $0 >= 0 }).min() else { return }
    // Clocks of producers are not ours.
    tools.metrics.observe(MetricCatalog.messageAge, max(0, Date().timeIntervalSince1970 - Double(oldest) / 1000))
  }

  private func finish(
    _ next: Int64, _ report: BatchTransaction.Report, _ duration: Duration, _ messages: [DecodedMessage]
  ) {
    position.with { $0 = next }
    tools.applied(next)
    if report.hasNewJob { tools.wake() }
    tools.metrics.add(MetricCatalog.batches, 1, [("kind", tools.kind), ("result", "applied")])
    tools.metrics.observe(MetricCatalog.batchDuration, duration.inSeconds)
    if !messages.isEmpty { tell(messages) }
    for outcome in report.outcomes where outcome.counted {
      for (name, count) in outcome.byName where count > 0 {
        tools.metrics.add(MetricCatalog.records, Double(count), [("kind", tools.kind), ("outcome", name)])
      }
    }
    // Their jobs run from the batch's beginning to its commit.
    for _ in 0..<report.commits.count + report.rebuilds {
      tools.metrics.observe(MetricCatalog.jobDuration, duration.inSeconds, [("kind", tools.kind)])
    }
    if !report.commits.isEmpty { tools.metrics.tell(report.commits, of: messages, kind: tools.kind) }
    if report.skipped > 0 {
      let labels = [("kind", tools.kind), ("outcome", "skipped")]
      tools.metrics.add(MetricCatalog.records, Double(report.skipped), labels)
    }
    if report.held > 0 { log.info("messages of paused work are held", ("count", String(report.held))) }
    for letter in report.deadLetters {
      log.warning(
        "a message became a dead letter", ("code", letter.code), ("offset", String(letter.offset)),
        ("organization", letter.organization ?? "-"), ("trace", Trace.id(letter.trace) ?? "-"))
    }
    for wait in report.lockWaits { tools.metrics.observe(MetricCatalog.lockWait, wait.inSeconds) }
    if report.refusedRequests > 0 { log.info("a read sync was refused: another one of the organization is open") }
  }

  /// Totals go to the slot of the partition; single events are counted per partition and day.
  private func origin() -> ApplyStore.Origin {
    let day = timestamp(.now).prefix(10)
    return ApplyStore.Origin(
      slot: WorkKind.slot(of: tools.kind, partition: claim.partition),
      stream: "\(claim.topic)/\(claim.partition)/\(day)", topic: claim.topic, partition: claim.partition)
  }
}
