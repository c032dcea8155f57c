/// The decisions of a service group, without tasks or clocks: events in, actions out.
///
/// Services start in order, each when the one before is ready. On the first reason to stop they are drained in reverse
/// order, each when the one after has ended. A passed deadline cancels all that is left; a second request to stop, or a
/// second deadline, gives up on it.
struct ServiceGroupState {
  enum Event {
    case begin
    /// `start` of a service has returned.
    case started(Int)
    /// A service is over; nil when it returned.
    case ended(Int, (any Error)?)
    case stopRequested
    case deadlinePassed
  }

  enum Action: Equatable {
    case start(Int)
    case drain(Int)
    case cancel(Int)
    /// Send `deadlinePassed` after the drain time.
    case armDrainDeadline
    /// Send `deadlinePassed` after the short time cancelled services get.
    case armCancelDeadline
    /// Nothing more will happen; these services have not ended.
    case finish(abandoned: [Int])
  }

  private enum Phase { case waiting, starting, running, ended }
  private enum Mode { case running, draining, cancelling, over }

  private var phases: [Phase]
  private var mode = Mode.running
  private var stopRequests = 0
  private(set) var failure: (service: Int, error: any Error)?
  /// The service whose return stopped the group.
  private(set) var finished: Int?

  init(count: Int) { phases = Array(repeating: .waiting, count: count) }

  mutating func handle(_ event: Event) -> [Action] {
    guard mode != .over else { return [] }
    switch event {
    case .begin: return startNext()
    case .started(let index): return started(index)
    case .ended(let index, let error): return ended(index, error)
    case .stopRequested: return stopRequested()
    case .deadlinePassed: return deadlinePassed()
    }
  }

  private var alive: [Int] { phases.indices.filter { phases[$0] == .starting || phases[$0] == .running } }

  private mutating func startNext() -> [Action] {
    guard let next = phases.firstIndex(of: .waiting) else { return phases.isEmpty ? finish() : [] }
    phases[next] = .starting
    return [.start(next)]
  }

  private mutating func started(_ index: Int) -> [Action] {
    guard phases[index] == .starting else { return [] }
    phases[index] = .running
    return mode == .running ? startNext() : []
  }

  private mutating func ended(_ index: Int, _ error: (any Error)?) -> [Action] {
    phases[index] = .ended
    // What a service says after it was cancelled is no news.
    if let error, failure == nil, !(mode != .running && error is CancellationError) { failure = (index, error) }
    switch mode {
    case .running:
      if error == nil { finished = index }
      return beginDrain()
    case .draining: return alive.isEmpty ? finish() : drainLast()
    case .cancelling: return alive.isEmpty ? finish() : []
    case .over: return []
    }
  }

  private mutating func stopRequested() -> [Action] {
    stopRequests += 1
    if stopRequests > 1 { return alive.map { .cancel($0) } + finish() }
    return mode == .running ? beginDrain() : []
  }

  private mutating func deadlinePassed() -> [Action] {
    guard mode == .draining else { return mode == .cancelling ? finish() : [] }
    mode = .cancelling
    return alive.map { .cancel($0) } + [.armCancelDeadline]
  }

  private mutating func beginDrain() -> [Action] {
    mode = .draining
    return alive.isEmpty ? finish() : [.armDrainDeadline] + drainLast()
  }

  /// Drains the last service alive; one that is not ready yet has nothing to finish and is cancelled.
  private func drainLast() -> [Action] {
    guard let last = alive.last else { return [] }
    return [phases[last] == .starting ? .cancel(last) : .drain(last)]
  }

  private mutating func finish() -> [Action] {
    mode = .over
    return [.finish(abandoned: alive)]
  }
}
