import Runtime

/// The delivery reports of some messages, collected until all are there.
final class Delivery: Sendable {
  struct Place: Sendable, Hashable {
    let partition: Int32
    let offset: Int64
  }
  typealias Report = Result<Place, KafkaError>

  private struct State {
    var reports: [Report?]
    var missing: Int
    var waiter: CheckedContinuation<[Report], Never>?
  }

  private let state: Locked<State>

  init(count: Int) { state = Locked(State(reports: Array(repeating: nil, count: count), missing: count)) }

  /// Each index is reported once.
  func report(_ index: Int, _ report: Report) {
    let done: (CheckedContinuation<[Report], Never>, [Report])? = state.with { state in
      guard state.reports[index] == nil else { return nil }
      state.reports[index] = report
      state.missing -= 1
      guard state.missing == 0, let waiter = state.waiter else { return nil }
      state.waiter = nil
      return (waiter, state.reports.compactMap { $0 })
    }
    if let done { done.0.resume(returning: done.1) }
  }

  /// All reports in order of index; awaited by one task only.
  func results() async -> [Report] {
    await withCheckedContinuation { continuation in
      let ready: [Report]? = state.with { state in
        if state.missing == 0 { return state.reports.compactMap { $0 } }
        state.waiter = continuation
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }
}

/// What travels through librdkafka with a message: whose report it is.
final class DeliverySlot: Sendable {
  let delivery: Delivery
  let index: Int

  init(_ delivery: Delivery, _ index: Int) {
    self.delivery = delivery
    self.index = index
  }
}
