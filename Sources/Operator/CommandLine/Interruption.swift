import Runtime

/// Lets SIGINT and SIGTERM cancel a command that does not handle them itself.
///
/// The first one cancels the command's task and waits for it to clean up, the second one does not wait any longer.
enum Interruption {
  private enum Event: Sendable {
    case ended(Result<ExitCode, any Error>)
    case stop
  }

  /// Runs the command; nil `stops`: signals are its own business. Throws what it throws, `CancellationError` when it
  /// was interrupted.
  static func run(
    _ invocation: Invocation, _ stops: (@Sendable () -> AsyncStream<StopSignal>)?
  ) async throws -> ExitCode {
    guard let stops else { return try await invocation.command.run(invocation) }
    let (events, send) = AsyncStream.makeStream(of: Event.self)
    let work = Task {
      do {
        send.yield(.ended(.success(try await invocation.command.run(invocation))))
      } catch {
        send.yield(.ended(.failure(error)))
      }
    }
    let signals = stops()
    let listener = Task { for await _ in signals { send.yield(.stop) } }
    defer { listener.cancel() }
    var isStopping = false
    for await event in events {
      switch event {
      case .ended(let result): return try result.get()
      case .stop:
        if isStopping { throw CancellationError() }
        isStopping = true
        work.cancel()
      }
    }
    throw CancellationError()
  }
}
