import Runtime

/// A fact that becomes true once; any number of tasks wait for it, with or without a deadline.
final class Signal: Sendable {
  private struct State {
    var fired = false
    var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
    var nextId = 0
  }

  private let state = Locked(State())

  func fire() {
    let waiters = state.with { state in
      state.fired = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: true) }
  }

  /// True once fired; false when `limit` passed first.
  func wait(atMost limit: Duration) async -> Bool {
    await withCheckedContinuation { continuation in
      let id: Int? = state.with { state in
        if state.fired { return nil }
        state.nextId += 1
        state.waiters[state.nextId] = continuation
        return state.nextId
      }
      guard let id else { return continuation.resume(returning: true) }
      Task {
        try? await Task.sleep(for: limit)
        state.with { $0.waiters.removeValue(forKey: id) }?.resume(returning: false)
      }
    }
  }
}
