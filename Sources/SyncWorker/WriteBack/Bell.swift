import Runtime

/// Lets one task nap until somebody rings or its time is over; a ring while nobody naps is kept.
final class Bell: Sendable {
  private struct State {
    var waiter: CheckedContinuation<Void, Never>?
    var hasRung = false
  }

  private let state = Locked(State())

  func ring() {
    let waiter = state.with { state in
      state.hasRung = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// For one task at a time.
  func nap(_ limit: Duration) async {
    let timer = Task {
      // Cancelled means rung: ringing again would make a busy loop of the naps.
      if (try? await Task.sleep(for: limit)) != nil { ring() }
    }
    await withCheckedContinuation { continuation in
      let now = state.with { state in
        if state.hasRung { return true }
        state.waiter = continuation
        return false
      }
      if now { continuation.resume() }
    }
    state.with { $0.hasRung = false }
    timer.cancel()
  }
}
