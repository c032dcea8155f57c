/// Runs services together: started in order, drained in reverse order, all stopped when one fails.
///
/// The rules are in `ServiceGroupState`; this performs them. A first signal drains, a second one gives up on whatever
/// is still running, so that the process can exit at once.
package final class ServiceGroup: Sendable {
  private let services: [Service]
  private let drainTime: Duration
  private let cancelTime: Duration
  private let log: Log
  private let events: AsyncStream<ServiceGroupState.Event>
  private let send: AsyncStream<ServiceGroupState.Event>.Continuation

  /// - Parameters:
  ///   - drainTime: how long all services together may take to drain before they are cancelled. Default: 25 s, below
  ///     the 30 s that Kubernetes grants.
  ///   - cancelTime: how long cancelled services are waited for before the group gives up on them. Default: 2 s.
  package init(
    _ services: [Service], drainTime: Duration = .seconds(25), cancelTime: Duration = .seconds(2), log: Log = Log()
  ) {
    self.services = services
    self.drainTime = drainTime
    self.cancelTime = cancelTime
    self.log = log
    (events, send) = AsyncStream.makeStream(of: ServiceGroupState.Event.self)
  }

  /// Asks the group to drain and end; a second call gives up on what still runs. Does not wait.
  package func stop() { send.yield(.stopRequested) }

  /// Runs until a service fails or returns, a signal arrives, `stop()` is called, or the calling task is cancelled.
  /// Call it once. Throws the first service's failure, after the others have been stopped.
  package func run(signals: AsyncStream<StopSignal>? = nil) async throws(ServiceFailure) -> ServiceGroupEnding {
    let listener = signals.map { signals in
      Task { [send, log] in
        for await signal in signals {
          log.info("stop requested", ("signal", signal.name))
          send.yield(.stopRequested)
        }
      }
    }
    defer { listener?.cancel() }
    let state = ServiceGroupState(count: services.count)
    let (ended, abandoned) = await withTaskCancellationHandler {
      await perform(state)
    } onCancel: {
      stop()
    }
    if let failure = ended.failure {
      throw ServiceFailure(service: services[failure.service].name, underlying: failure.error)
    }
    let cause = ended.finished.map { ServiceGroupEnding.Cause.finished(service: services[$0].name) } ?? .stopped
    return ServiceGroupEnding(cause: cause, abandoned: abandoned.map { services[$0].name })
  }

  /// Reads events until the state says it is over. Not in the caller's task: its cancellation means "drain", not "stop
  /// listening".
  private func perform(_ initial: ServiceGroupState) async -> (ServiceGroupState, abandoned: [Int]) {
    send.yield(.begin)
    return await Task { [self] in
      var state = initial
      var tasks: [Int: Task<Void, Never>] = [:]
      var timers: [Task<Void, Never>] = []
      defer { for timer in timers { timer.cancel() } }
      for await event in events {
        for action in state.handle(event) {
          switch action {
          case .start(let index): tasks[index] = launch(index)
          case .drain(let index): drain(index, tasks[index])
          case .cancel(let index): tasks[index]?.cancel()
          case .armDrainDeadline: timers.append(timer(drainTime))
          case .armCancelDeadline: timers.append(timer(cancelTime))
          case .finish(let abandoned): return (state, abandoned)
          }
        }
      }
      return (state, [])
    }.value
  }

  private func launch(_ index: Int) -> Task<Void, Never> {
    let service = services[index]
    return Task { [send, log] in
      do {
        try await service.start()
        send.yield(.started(index))
        log.debug("service started", ("service", service.name))
        try await service.run()
        send.yield(.ended(index, nil))
      } catch {
        send.yield(.ended(index, error))
      }
      log.debug("service ended", ("service", service.name))
    }
  }

  private func drain(_ index: Int, _ task: Task<Void, Never>?) {
    guard let drain = services[index].drain else {
      task?.cancel()
      return
    }
    Task { await drain() }
  }

  private func timer(_ time: Duration) -> Task<Void, Never> {
    Task { [send] in
      do { try await Task.sleep(for: time) } catch { return }
      send.yield(.deadlinePassed)
    }
  }
}
