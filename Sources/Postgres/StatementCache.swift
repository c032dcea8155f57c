/// Which statements are prepared on one connection: least recently used ones go when there are too many.
///
/// Pure bookkeeping; whoever uses it prepares and deallocates. One SQL text can be prepared several times with
/// different parameter types.
struct StatementCache {
  struct Entry: Equatable {
    let name: String
    let types: [UInt32]
    var lastUse: UInt64
  }

  /// Names the server still knows and nobody uses any more.
  private var garbage: [String] = []
  /// The server may know or miss any name.
  private var isLost = false
  private(set) var count = 0
  private let capacity: Int
  private var entries: [String: [Entry]] = [:]
  private var clock: UInt64 = 0
  private var names: UInt64 = 0

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// The name of a prepared statement whose types satisfy `fit`; nil when there is none.
  mutating func find(_ sql: String, _ fit: ([UInt32]) -> Bool) -> String? {
    guard let index = entries[sql]?.firstIndex(where: { fit($0.types) }) else { return nil }
    clock += 1
    entries[sql]?[index].lastUse = clock
    return entries[sql]?[index].name
  }

  /// A name never used before on this connection.
  mutating func newName() -> String {
    names += 1
    return "s\(names)"
  }

  /// The server has prepared it.
  mutating func insert(_ sql: String, name: String, types: [UInt32]) {
    if count == capacity { evictOldest() }
    clock += 1
    count += 1
    entries[sql, default: []].append(Entry(name: name, types: types, lastUse: clock))
  }

  /// Nothing prepared can be relied on any more; new names are used from here.
  mutating func forgetAll() {
    isLost = true
    garbage.removeAll()
    entries.removeAll()
    count = 0
  }

  /// What the server is to be told before the next statement is prepared; nil when there is not enough to tell.
  func sweeping() -> String? {
    if isLost { return "DEALLOCATE ALL" }
    guard garbage.count >= 16 else { return nil }
    return garbage.map { "DEALLOCATE \($0)" }.joined(separator: ";")
  }

  /// The server has been told.
  mutating func swept() {
    isLost = false
    garbage.removeAll()
  }

  private mutating func evictOldest() {
    var oldest: (sql: String, entry: Entry)?
    for (sql, variants) in entries {
      for entry in variants where entry.lastUse < oldest?.entry.lastUse ?? .max { oldest = (sql, entry) }
    }
    guard let oldest else { return }
    garbage.append(oldest.entry.name)
    entries[oldest.sql]?.removeAll { $0.name == oldest.entry.name }
    if entries[oldest.sql]?.isEmpty == true { entries[oldest.sql] = nil }
    count -= 1
  }
}
