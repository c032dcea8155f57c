import Runtime

/// What `/livez` and `/readyz` answer from.
package final class HealthState: Sendable {
  private struct State {
    var isDatabaseReachable = false
    var isSchemaCurrent = false
    var kafkaTrouble: String?
    var lastPoll: (@Sendable () -> ContinuousClock.Instant?) = { nil }
    var isMember: (@Sendable () -> Bool) = { false }
    var isStopping = false
  }

  private let state = Locked(State())

  package init() {}

  package func consumer(
    lastPoll: @escaping @Sendable () -> ContinuousClock.Instant?, isMember: @escaping @Sendable () -> Bool
  ) {
    state.with {
      $0.lastPoll = lastPoll
      $0.isMember = isMember
    }
  }

  package func database(reachable: Bool, current: Bool) {
    state.with {
      $0.isDatabaseReachable = reachable
      $0.isSchemaCurrent = current
    }
  }

  /// Why no broker answers, told by who waits for one before it begins; nil: one does.
  package func kafka(trouble: String?) { state.with { $0.kafkaTrouble = trouble } }

  package func stopping() { state.with { $0.isStopping = true } }

  /// The loop turns: the polling thread went round within 30 s. Lag and what others do never fail it.
  package var isAlive: Bool {
    guard let last = state.with({ $0.lastPoll })() else { return true }
    return last.duration(to: .now) < .seconds(30)
  }

  package var isDatabaseReachable: Bool { state.with { $0.isDatabaseReachable } }

  /// What is missing for readiness; empty when ready.
  package var missing: [String] {
    let state = state.with { $0 }
    var missing: [String] = []
    if state.isStopping { missing.append("stopping") }
    if !state.isDatabaseReachable { missing.append("postgres is not reachable") }
    if state.isDatabaseReachable && !state.isSchemaCurrent {
      missing.append("the schema is not current: run 'syncline migrate up'")
    }
    if let trouble = state.kafkaTrouble {
      missing.append("kafka is not reachable: \(trouble)")
    } else if !state.isMember() {
      missing.append("not yet a member of the consumer group")
    }
    return missing
  }
}
