import Runtime

/// Lets a few through at a time: real services on a small machine are slower, not faster, when fifty tests share them.
package final class Turnstile: Sendable {
  private struct State {
    var free: Int
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Locked<State>

  package init(_ places: Int) { state = Locked(State(free: places)) }

  /// Runs the body when there is a place; first come, first served.
  package func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
    await enter()
    do {
      let result = try await body()
      leave()
      return result
    } catch {
      leave()
      throw error
    }
  }

  private func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.with { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiters.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func leave() {
    let next = state.with { state -> CheckedContinuation<Void, Never>? in
      if !state.waiters.isEmpty { return state.waiters.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
