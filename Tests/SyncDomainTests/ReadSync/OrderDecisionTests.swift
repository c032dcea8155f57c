import SyncDomain
import Testing

@Suite struct OrderDecisionTests {
  private func order(_ block: Int64, _ index: Int64 = 0) -> SourceOrder { SourceOrder(block: block, index: index) }

  private func decide(
    _ existing: (SourceOrder?, Int64, Bool)?, _ incoming: (SourceOrder?, Int64)
  ) -> OrderDecision {
    OrderDecision.decide(
      existing: existing.map { OrderDecision.Existing(order: $0.0, hash: $0.1, swept: $0.2) }, order: incoming.0,
      hash: incoming.1)
  }

  @Test("S2-05 newest wins, as a pair")
  func pairs() {
    #expect(decide(nil, (order(1), 1)) == .insert)
    #expect(decide(nil, (nil, 1)) == .insert)
    #expect(decide((order(1, 5), 1, false), (order(1, 6), 2)) == .update)
    #expect(decide((order(1, 5), 1, false), (order(2, 0), 2)) == .update)
    #expect(decide((order(1, 5), 1, false), (order(1, 4), 2)) == .stale)
    #expect(decide((order(2, 0), 1, false), (order(1, 9), 2)) == .stale)
    #expect(decide((order(1, 5), 1, false), (order(1, 5), 1)) == .unchanged)
    #expect(decide((order(1, 5), 1, false), (order(1, 5), 2)) == .stale)
    #expect(decide((order(1, 5), 1, false), (order(1, 6), 1)) == .advance)
  }

  @Test("S2-06 without an order the content decides")
  func noOrder() {
    #expect(decide((nil, 1, false), (nil, 1)) == .unchanged)
    #expect(decide((nil, 1, false), (nil, 2)) == .update)
    #expect(decide((nil, 1, false), (order(1), 2)) == .update)
    #expect(decide((nil, 1, false), (order(1), 1)) == .advance)
    #expect(decide((order(1), 1, false), (nil, 1)) == .unchanged)
    #expect(decide((order(1), 1, false), (nil, 2)) == .update)
  }

  @Test(
    "R8 a row that our own sweep discontinued comes back at any order, but an older record by itself brings nothing")
  func swept() {
    #expect(decide((order(1), 1, true), (order(1), 1)) == .update)
    #expect(decide((order(2), 1, true), (order(1), 1)) == .update)
    #expect(decide((order(1), 1, true), (order(2), 1)) == .update)
    let row = OrderDecision.Existing(order: order(2), hash: 1, swept: true)
    #expect(OrderDecision.decide(existing: row, order: order(1), hash: 1, isSeenSince: false) == .stale)
    #expect(OrderDecision.decide(existing: row, order: order(2), hash: 1, isSeenSince: false) == .unchanged)
    #expect(decide((nil, 1, true), (nil, 1)) == .update)
  }

  @Test("S2-05 any permutation with duplicates of ordered records ends in the same rows")
  func permutations() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<300 {
      // A few distinct orders; contents may repeat, so that newer ones can be equal to older ones.
      let stream = (0..<(1 + random.below(12))).map { (order(Int64($0 / 3), Int64($0 % 3)), Int64(random.below(3))) }
      let newest = stream[stream.count - 1]
      for _ in 0..<5 {
        var shuffled = (stream + stream.filter { _ in random.below(2) == 0 })
        shuffled.shuffle(using: &random)
        var row: OrderDecision.Existing?
        for (order, hash) in shuffled {
          switch OrderDecision.decide(existing: row, order: order, hash: hash) {
          case .insert, .update, .advance: row = OrderDecision.Existing(order: order, hash: hash)
          case .unchanged, .stale: break
          }
        }
        #expect(row == OrderDecision.Existing(order: newest.0, hash: newest.1))
      }
    }
  }
}
