/// The rules of a connection pool as a pure machine: events go in, actions come out, somebody else performs them.
///
/// Waiters are served in order, idle connections last in first out. Time is given by the caller, in milliseconds on any
/// clock that does not jump.
struct PoolState: Equatable {
  typealias Connection = Int
  typealias Waiter = Int

  enum Refusal: Equatable, Sendable { case closed, timeout, cancelled, openFailed }

  enum Action: Equatable, Sendable {
    /// The waiter owns the connection until `released`.
    case lend(Connection, to: Waiter)
    /// Start connecting; `opened` or `openFailed` follows.
    case open(Connection)
    case close(Connection)
    case refuse(Waiter, Refusal)
  }

  private enum Phase: Equatable {
    case opening, idle, lent, closing
  }

  private struct Slot: Equatable {
    var phase: Phase
    /// After this moment it is replaced instead of lent.
    var expiry: Int64
  }

  private let size: Int
  private var slots: [Connection: Slot] = [:]
  private var idle: [Connection] = []
  private var queue: [Waiter] = []
  private var nextConnection = 0
  private(set) var isClosed = false

  /// `size` is the most connections there are at any time, at least 1.
  init(size: Int) { self.size = max(1, size) }

  /// Connections lent out.
  var inUse: Int { slots.values.count { $0.phase == .lent } }
  var waiters: Int { queue.count }
  /// Nothing is open or on its way any more.
  var isEmpty: Bool { slots.isEmpty }

  mutating func acquire(_ waiter: Waiter, now: Int64) -> [Action] {
    guard !isClosed else { return [.refuse(waiter, .closed)] }
    queue.append(waiter)
    var actions: [Action] = []
    while !queue.isEmpty, let connection = idle.popLast() {
      actions.append(now < expiry(connection) ? lend(connection) : retire(connection))
    }
    return actions + openForQueue()
  }

  mutating func opened(_ connection: Connection, expiry: Int64) -> [Action] {
    guard slots[connection]?.phase == .opening else { return [] }
    slots[connection]?.expiry = expiry
    return isClosed ? [retire(connection)] : offer(connection)
  }

  /// One failure refuses one waiter, so that an outage ends every wait but not at once with a single cause.
  mutating func openFailed(_ connection: Connection) -> [Action] {
    guard slots.removeValue(forKey: connection) != nil else { return [] }
    let refused = queue.isEmpty ? [] : [Action.refuse(queue.removeFirst(), .openFailed)]
    return refused + openForQueue()
  }

  mutating func released(_ connection: Connection, reusable: Bool, now: Int64) -> [Action] {
    guard slots[connection]?.phase == .lent else { return [] }
    if isClosed || !reusable || now >= expiry(connection) { return [retire(connection)] }
    return offer(connection)
  }

  /// The connection that was to be closed is gone; its place is free.
  mutating func closed(_ connection: Connection) -> [Action] {
    guard slots[connection]?.phase == .closing else { return [] }
    slots[connection] = nil
    return openForQueue()
  }

  /// The waiter stops waiting; nothing happens when it has been served already.
  mutating func giveUp(_ waiter: Waiter, _ reason: Refusal) -> [Action] {
    guard let index = queue.firstIndex(of: waiter) else { return [] }
    queue.remove(at: index)
    return [.refuse(waiter, reason)]
  }

  /// Refuses all waiters and closes what is idle; lent connections are closed when they come back.
  mutating func close() -> [Action] {
    guard !isClosed else { return [] }
    isClosed = true
    let refused = queue.map { Action.refuse($0, .closed) }
    queue.removeAll()
    let retired = idle.map { retire($0) }
    idle.removeAll()
    return refused + retired
  }

  private func expiry(_ connection: Connection) -> Int64 { slots[connection]?.expiry ?? 0 }

  private mutating func lend(_ connection: Connection) -> Action {
    slots[connection]?.phase = .lent
    return .lend(connection, to: queue.removeFirst())
  }

  private mutating func retire(_ connection: Connection) -> Action {
    slots[connection]?.phase = .closing
    return .close(connection)
  }

  private mutating func offer(_ connection: Connection) -> [Action] {
    if !queue.isEmpty { return [lend(connection)] }
    slots[connection]?.phase = .idle
    idle.append(connection)
    return []
  }

  /// As many connections on their way as there are waiters and places.
  private mutating func openForQueue() -> [Action] {
    guard !isClosed else { return [] }
    var actions: [Action] = []
    var opening = slots.values.count { $0.phase == .opening }
    while opening < queue.count, slots.count < size {
      nextConnection += 1
      slots[nextConnection] = Slot(phase: .opening, expiry: .max)
      actions.append(.open(nextConnection))
      opening += 1
    }
    return actions
  }
}
