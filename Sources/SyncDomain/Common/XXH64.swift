/// XXH64, the 64-bit hash of the xxHash family (github.com/Cyan4973/xxHash, specification 0.1.1).
package enum XXH64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
    hash(bytes.span, excluding: bytes.count..<bytes.count, seed: seed)
  }

  /// The hash of `bytes` as if those in `gap` were not there.
  package static func hash(_ bytes: Span<UInt8>, excluding gap: Range<Int>, seed: UInt64 = 0) -> UInt64 {
    let count = bytes.count - gap.count
    var index = 0
    var result: UInt64
    if count >= 32 {
      var lane1 = seed &+ prime1 &+ prime2
      var lane2 = seed &+ prime2
      var lane3 = seed
      var lane4 = seed &- prime1
      while index + 32 <= count {
        lane1 = round(lane1, word(bytes, index, gap))
        lane2 = round(lane2, word(bytes, index + 8, gap))
        lane3 = round(lane3, word(bytes, index + 16, gap))
        lane4 = round(lane4, word(bytes, index + 24, gap))
        index += 32
      }
      result = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
      for lane in [lane1, lane2, lane3, lane4] { result = (result ^ round(0, lane)) &* prime1 &+ prime4 }
    } else {
      result = seed &+ prime5
    }
    result &+= UInt64(count)
    while index + 8 <= count {
      result = rotate(result ^ round(0, word(bytes, index, gap)), 27) &* prime1 &+ prime4
      index += 8
    }
    if index + 4 <= count {
      result = rotate(result ^ (halfWord(bytes, index, gap) &* prime1), 23) &* prime2 &+ prime3
      index += 4
    }
    while index < count {
      result = rotate(result ^ (byte(bytes, index, gap) &* prime5), 11) &* prime1
      index += 1
    }
    result = (result ^ (result >> 33)) &* prime2
    result = (result ^ (result >> 29)) &* prime3
    return result ^ (result >> 32)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  /// Eight bytes, least significant first, at a place counted without the gap.
  @inline(__always)
  private static func word(_ bytes: Span<UInt8>, _ index: Int, _ gap: Range<Int>) -> UInt64 {
    if index + 8 > gap.lowerBound, index < gap.lowerBound {
      return (0..<8).reduce(0) { $0 | byte(bytes, index + $1, gap) << UInt64(8 * $1) }
    }
    let start = index < gap.lowerBound ? index : index + gap.count
    let low = UInt64(bytes[start]) | UInt64(bytes[start + 1]) << 8 | UInt64(bytes[start + 2]) << 16
    let middle = UInt64(bytes[start + 3]) << 24 | UInt64(bytes[start + 4]) << 32 | UInt64(bytes[start + 5]) << 40
    return low | middle | UInt64(bytes[start + 6]) << 48 | UInt64(bytes[start + 7]) << 56
  }

  private static func halfWord(_ bytes: Span<UInt8>, _ index: Int, _ gap: Range<Int>) -> UInt64 {
    let low = byte(bytes, index, gap) | byte(bytes, index + 1, gap) << 8
    return low | byte(bytes, index + 2, gap) << 16 | byte(bytes, index + 3, gap) << 24
  }

  @inline(__always)
  private static func byte(_ bytes: Span<UInt8>, _ index: Int, _ gap: Range<Int>) -> UInt64 {
    UInt64(bytes[index < gap.lowerBound ? index : index + gap.count])
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}
