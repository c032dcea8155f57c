/// One long-running part of a process: a consumer, an HTTP server, a scheduler.
package struct Service: Sendable {
  /// For logs and errors.
  package let name: String
  /// Gets ready and returns; the next service starts only then. Cancelled when the group stops meanwhile.
  package let start: @Sendable () async throws -> Void
  /// Works until `drain` is called or its task is cancelled. Returning by itself stops the whole group without an
  /// error.
  package let run: @Sendable () async throws -> Void
  /// Asks `run` to finish what it holds and return; it may return before that. nil: the task of `run` is cancelled
  /// instead.
  package let drain: (@Sendable () async -> Void)?

  package init(
    _ name: String, start: @escaping @Sendable () async throws -> Void = {},
    drain: (@Sendable () async -> Void)? = nil, run: @escaping @Sendable () async throws -> Void
  ) {
    self.name = name
    self.start = start
    self.drain = drain
    self.run = run
  }
}

/// Returns when the task is cancelled, which is how a service without `drain` is told to end.
package func untilCancelled() async {
  let (never, end) = AsyncStream.makeStream(of: Never.self)
  for await _ in never {}
  end.finish()
}

/// A service that failed and so stopped its group.
package struct ServiceFailure: Error, CustomStringConvertible {
  package let service: String
  package let underlying: any Error

  package init(service: String, underlying: any Error) {
    self.service = service
    self.underlying = underlying
  }

  package var description: String { "\(service): \(underlying)" }
}

/// How a service group came to its end.
package struct ServiceGroupEnding: Sendable, Equatable {
  package enum Cause: Sendable, Equatable {
    /// A service returned by itself.
    case finished(service: String)
    /// A signal, `stop()`, or cancellation of the task that ran the group.
    case stopped
  }

  package let cause: Cause
  /// Services that had not ended when the group gave up on them (deadline, or a second signal); empty after a clean
  /// drain.
  package let abandoned: [String]

  package init(cause: Cause, abandoned: [String] = []) {
    self.cause = cause
    self.abandoned = abandoned
  }
}
