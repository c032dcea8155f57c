import SyncDomain

/// Bytes that are changed, cut, doubled and mixed at random.
struct Mutator {
  private static let tokens = [
    "\"", "{", "}", "[", "]", ",", ":", "\\u0000", "\\uD800", "\u{FEFF}", "null", "-", "1e999", "99999999999999999999",
    "\n", "\r\n", ";", "*/", "0", "\u{301}", "\t", "'", "&a", "*a", "!!", "|", "#", " ",
  ].map { Array($0.utf8) }

  private var random: SplitMix64
  private let inputs: [[UInt8]]

  init(seed: UInt64, inputs: [[UInt8]]) {
    random = SplitMix64(seed: seed)
    self.inputs = inputs
  }

  mutating func next() -> [UInt8] {
    var bytes = inputs.isEmpty ? [] : inputs[random.below(inputs.count)]
    for _ in 0...random.below(4) { mutate(&bytes) }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let place = random.below(bytes.count + 1)
    switch random.below(7) {
    case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.below(8))
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(8)))
    case 3: bytes.insert(contentsOf: Mutator.tokens[random.below(Mutator.tokens.count)], at: place)
    case 4:
      let end = min(bytes.count, place + random.below(32))
      bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
    case 5: bytes = Array(bytes.prefix(place))
    default:
      guard let other = inputs.isEmpty ? nil : inputs[random.below(inputs.count)] else { return }
      bytes = Array(bytes.prefix(place)) + other.suffix(random.below(other.count + 1))
    }
  }
}
