import SyncDomain

/// The only source of chance in a simulation: the same seed makes the same choices on every machine.
struct Chance {
  private var random: SplitMix64

  init(_ seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func next() -> UInt64 { random.next() }

  /// 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int { random.below(bound) }

  mutating func isOne(in count: Int) -> Bool { random.below(count) == 0 }

  /// Nil when there is nothing to choose from.
  mutating func pick<C: RandomAccessCollection>(_ choices: C) -> C.Element? {
    choices.isEmpty ? nil : choices[choices.index(choices.startIndex, offsetBy: below(choices.count))]
  }

  /// An index, by weight; nil when all weights are 0.
  mutating func index(by weights: [Int]) -> Int? {
    let total = weights.reduce(0, +)
    guard total > 0 else { return nil }
    var left = below(total)
    return weights.firstIndex { weight in
      defer { left -= weight }
      return left < weight
    }
  }
}

extension Chance: RandomNumberGenerator {}
