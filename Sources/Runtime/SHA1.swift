/// SHA-1 (RFC 3174), for name-based UUIDs only: it protects nothing.
package enum SHA1 {
  /// The 20 bytes of the digest.
  package static func digest(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    for block in blocks(message) { mix(block, into: &state) }
    return state.flatMap(bigEndianBytes)
  }

  /// The message, a 1 bit, zeros, and its length in bits, cut into 64-byte blocks.
  private static func blocks(_ message: [UInt8]) -> [ArraySlice<UInt8>] {
    var padded = message + [0x80]
    padded += Array(repeating: 0, count: (64 + 56 - padded.count % 64) % 64)
    let bits = UInt64(message.count) &* 8
    padded += bigEndianBytes(UInt32(truncatingIfNeeded: bits >> 32)) + bigEndianBytes(UInt32(truncatingIfNeeded: bits))
    return stride(from: 0, to: padded.count, by: 64).map { padded[$0..<$0 + 64] }
  }

  private static func mix(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
    var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
      block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for index in 16..<80 {
      words.append(rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for index in 0..<80 {
      let (f, k): (UInt32, UInt32) =
        switch index {
        case 0..<20: ((b & c) | (~b & d), 0x5A82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case 40..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
      let next = rotate(a, 5) &+ f &+ e &+ k &+ words[index]
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
    }
    for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
  }

  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

  private static func bigEndianBytes(_ word: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
  }
}
