import Kafka
import PEMS
import Postgres
import SyncDomain
import SyncStore

/// Why a job's attempt came to nothing, in the words of its row.
package struct JobFailure: Error, Sendable, Equatable {
  package let code: String
  /// Names no credential and no value.
  package let message: String
  /// The same may succeed later without anybody changing anything.
  package let isTransient: Bool
  /// Seconds the upstream asks us to wait; nil when it does not.
  package let retryAfter: Double?
  /// Whether it is held against the job; false when nothing was tried.
  package let costsAttempt: Bool

  package init(
    code: String, message: String, isTransient: Bool, retryAfter: Double? = nil, costsAttempt: Bool = true
  ) {
    self.code = code
    // An upstream's own words may hold what no text in Postgres can: the job would never end.
    self.message = message.replacing("\0", with: "\u{FFFD}")
    self.isTransient = isTransient
    self.retryAfter = retryAfter
    self.costsAttempt = costsAttempt
  }

  /// Whether an error says something about the job; a lost claim and the end of the worker do not.
  package static func saysSomething(_ error: any Error) -> Bool {
    if error is Fenced || error is CancellationError { return false }
    // The producer's end is this worker's, not the job's.
    if let error = error as? KafkaError, error.isFatal { return false }
    return (error as? SourceError)?.reason != .cancelled
  }

  /// Whether Postgres or Kafka is away for the moment: whatever the job did, it can go on where it was.
  package static func isOutage(_ error: any Error) -> Bool {
    switch error {
    case let error as PGError: error.isUnreachable
    case let error as KafkaError: !error.isFatal && (error.isUnreachable || error.isRetriable)
    default: false
    }
  }

  package init(_ error: any Error) {
    switch error {
    case let error as JobFailure: self = error
    case let error as SourceError:
      self.init(
        code: error.code, message: error.message + (error.hint.map { "; \($0)" } ?? ""), isTransient: error.isTransient,
        retryAfter: error.retryAfter.map { $0 / .seconds(1) }, costsAttempt: error.costsAttempt)
    case let error as KafkaError:
      self.init(code: "KAFKA_\(error.name)", message: error.reason, isTransient: !error.isFatal)
    case let error as PGError:
      self.init(
        code: error.sqlstate.map { "POSTGRES_\($0)" } ?? "POSTGRES_UNREACHABLE", message: error.description,
        isTransient: FailureClass.classify(sqlstate: error.sqlstate).isRetryable || error.isTransient)
    case is ReadRun.Stalled:
      self.init(
        code: "NOT_APPLIED", message: "published pages were not applied in time; is a worker consuming the topic?",
        isTransient: true)
    default: self.init(code: "INTERNAL", message: "\(error)", isTransient: false)
    }
  }
}

extension RetryPolicy {
  /// Attempts of a job: 5, 10, 20, 40, 60 s with jitter, then it has failed. The upstream client has tried each request
  /// several times by then.
  package static let job = RetryPolicy(steps: [5, 10, 20, 40, 60], cap: 60, attempts: 6, jitter: 0.5)
}

extension RetryPolicy {
  /// Seconds until the next attempt; nil: there is none. What costs no attempt is tried for ever, when it is told to.
  package func delay(
    after failure: JobFailure, attempt: Int, using generator: inout some RandomNumberGenerator
  ) -> Double? {
    guard failure.isTransient else { return nil }
    if !failure.costsAttempt, let rest = failure.retryAfter { return max(0, rest) }
    return delay(after: attempt, retryAfter: failure.retryAfter, using: &generator)
  }
}
