import Testing

@testable import Postgres

@Suite("Pool rules")
struct PoolStateTests {
  @Test("Opens on demand, lends the last one used, queues in order")
  func lending() {
    var pool = PoolState(size: 2)
    #expect(pool.acquire(1, now: 0) == [.open(1)])
    #expect(pool.acquire(2, now: 0) == [.open(2)])
    #expect(pool.acquire(3, now: 0) == [])
    #expect(pool.opened(2, expiry: 100) == [.lend(2, to: 1)])
    #expect(pool.opened(1, expiry: 100) == [.lend(1, to: 2)])
    #expect(pool.inUse == 2)
    #expect(pool.waiters == 1)
    #expect(pool.released(1, reusable: true, now: 1) == [.lend(1, to: 3)])
    #expect(pool.released(2, reusable: true, now: 1) == [])
    #expect(pool.released(1, reusable: true, now: 1) == [])
    #expect(pool.acquire(4, now: 2) == [.lend(1, to: 4)])
  }

  @Test("Broken and old connections are replaced, and their place is free only when they are gone")
  func replacing() {
    var pool = PoolState(size: 1)
    #expect(pool.acquire(1, now: 0) == [.open(1)])
    #expect(pool.opened(1, expiry: 100) == [.lend(1, to: 1)])
    #expect(pool.acquire(2, now: 1) == [])
    #expect(pool.released(1, reusable: false, now: 2) == [.close(1)])
    #expect(pool.closed(1) == [.open(2)])
    #expect(pool.opened(2, expiry: 100) == [.lend(2, to: 2)])
    #expect(pool.released(2, reusable: true, now: 50) == [])
    #expect(pool.acquire(3, now: 100) == [.close(2)])
    #expect(pool.closed(2) == [.open(3)])
    #expect(pool.opened(3, expiry: 300) == [.lend(3, to: 3)])
    #expect(pool.released(3, reusable: true, now: 300) == [.close(3)])
  }

  @Test("A failed attempt refuses one waiter and tries on for the others")
  func openFailure() {
    var pool = PoolState(size: 1)
    #expect(pool.acquire(1, now: 0) == [.open(1)])
    #expect(pool.acquire(2, now: 0) == [])
    #expect(pool.openFailed(1) == [.refuse(1, .openFailed), .open(2)])
    #expect(pool.openFailed(2) == [.refuse(2, .openFailed)])
    #expect(pool.isEmpty)
  }

  @Test("Who gives up is refused once; a connection opened for nobody is kept")
  func givingUp() {
    var pool = PoolState(size: 1)
    #expect(pool.acquire(1, now: 0) == [.open(1)])
    #expect(pool.giveUp(1, .timeout) == [.refuse(1, .timeout)])
    #expect(pool.giveUp(1, .cancelled) == [])
    #expect(pool.opened(1, expiry: 100) == [])
    #expect(pool.acquire(2, now: 0) == [.lend(1, to: 2)])
    #expect(pool.giveUp(2, .timeout) == [])
  }

  @Test("Closing refuses waiters, closes idle ones now and lent ones when they return")
  func closing() {
    var pool = PoolState(size: 3)
    for waiter in 1...3 { _ = pool.acquire(waiter, now: 0) }
    #expect(pool.opened(1, expiry: 100) == [.lend(1, to: 1)])
    #expect(pool.opened(2, expiry: 100) == [.lend(2, to: 2)])
    #expect(pool.released(2, reusable: true, now: 1) == [.lend(2, to: 3)])
    #expect(pool.released(2, reusable: true, now: 1) == [])
    #expect(pool.close() == [.close(2)])
    #expect(pool.close() == [])
    #expect(pool.acquire(9, now: 2) == [.refuse(9, .closed)])
    #expect(pool.opened(3, expiry: 100) == [.close(3)])
    #expect(pool.released(1, reusable: true, now: 2) == [.close(1)])
    for connection in 1...3 { #expect(pool.closed(connection) == []) }
    #expect(pool.isEmpty)
  }

  @Test("Random events: never more than the size, everyone served or refused once, nobody forgotten")
  func random() {
    let seed = UInt64.random(in: .min ... .max)
    print("pool rules: seed \(seed)")
    var generator = SplitMix(state: seed)
    for _ in 0..<200 {
      let size = Int.random(in: 1...4, using: &generator)
      var world = PoolWorld(size: size)
      for step in 0..<200 { world.step(Int64(step), &generator) }
      world.settle()
      #expect(world.answered == world.asked)
      #expect(world.most <= size)
      #expect(world.pool.waiters == 0)
    }
  }
}

/// A world that obeys the pool's actions in random order.
private struct PoolWorld {
  var pool: PoolState
  var asked = 0
  var answered = 0
  var most = 0
  private var opening: [Int] = []
  private var lent: [Int] = []
  private var closing: [Int] = []
  private var live: Set<Int> = []

  init(size: Int) { pool = PoolState(size: size) }

  mutating func step(_ now: Int64, _ generator: inout SplitMix) {
    switch Int.random(in: 0..<7, using: &generator) {
    case 0, 1:
      asked += 1
      obey(pool.acquire(asked, now: now))
    case 2:
      guard let id = take(&opening, &generator) else { return }
      obey(pool.opened(id, expiry: now + Int64.random(in: 1...50, using: &generator)))
    case 3:
      guard Bool.random(using: &generator), let id = take(&opening, &generator) else { return }
      live.remove(id)
      obey(pool.openFailed(id))
    case 4:
      guard let id = take(&lent, &generator) else { return }
      obey(pool.released(id, reusable: Int.random(in: 0..<4, using: &generator) > 0, now: now))
    case 5:
      guard let id = take(&closing, &generator) else { return }
      live.remove(id)
      obey(pool.closed(id))
    default: obey(pool.giveUp(Int.random(in: 0...max(1, asked), using: &generator), .timeout))
    }
  }

  mutating func settle() {
    while !opening.isEmpty || !lent.isEmpty || !closing.isEmpty {
      if let id = opening.popLast() { obey(pool.opened(id, expiry: 10_000)) }
      if let id = lent.popLast() { obey(pool.released(id, reusable: true, now: 1000)) }
      if let id = closing.popLast() {
        live.remove(id)
        obey(pool.closed(id))
      }
    }
  }

  private func index(_ list: [Int], _ generator: inout SplitMix) -> Int? {
    list.isEmpty ? nil : Int.random(in: list.indices, using: &generator)
  }

  private func take(_ list: inout [Int], _ generator: inout SplitMix) -> Int? {
    index(list, &generator).map { list.remove(at: $0) }
  }

  private mutating func obey(_ actions: [PoolState.Action]) {
    for action in actions {
      switch action {
      case .lend(let id, _):
        lent.append(id)
        answered += 1
      case .open(let id):
        opening.append(id)
        live.insert(id)
        most = max(most, live.count)
      case .close(let id): closing.append(id)
      case .refuse: answered += 1
      }
    }
  }
}
