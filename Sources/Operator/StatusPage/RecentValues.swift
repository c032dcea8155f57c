import Runtime

/// Values that are dear to make, each made once for all who ask at the same time and kept for a moment.
actor RecentValues<Key: Hashable & Sendable, Value: Sendable> {
  private struct Kept {
    let value: Value
    let until: Deadline
  }

  private let lifetime: Duration
  private let capacity: Int
  private var kept: [Key: Kept] = [:]
  private var making: [Key: Task<Value, Never>] = [:]

  init(lifetime: Duration, capacity: Int) {
    self.lifetime = lifetime
    self.capacity = capacity
  }

  /// The kept value, or a new one. A caller that gives up leaves the making to the others.
  func value(_ key: Key, _ make: @escaping @Sendable () async -> Value) async -> Value {
    if let kept = kept[key], !kept.until.hasPassed { return kept.value }
    if let task = making[key] { return await task.value }
    let task = Task { await make() }
    making[key] = task
    let value = await task.value
    if making[key] == task { making[key] = nil }
    kept = kept.filter { !$0.value.until.hasPassed }
    if kept.count < capacity { kept[key] = Kept(value: value, until: Deadline(after: lifetime)) }
    return value
  }

  /// Something was changed: nothing that was read before counts any more.
  func forget() {
    kept = [:]
    making = [:]
  }
}
