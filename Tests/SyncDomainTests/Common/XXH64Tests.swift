import SyncDomain
import Testing

@Suite struct XXH64Tests {
  private static let prime32: UInt64 = 2_654_435_761

  /// The buffer of the reference implementation's sanity check (xxhsum).
  private static let buffer: [UInt8] = {
    var generator = prime32
    return (0..<222).map { _ in
      defer { generator = generator &* 11_400_714_785_074_694_797 }
      return UInt8(truncatingIfNeeded: generator >> 56)
    }
  }()

  @Test(
    "the reference implementation's vectors",
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, prime32, 0xAC75_FDA2_929B_17EF), (1, 0, 0xE934_A84A_DB05_2768),
      (1, prime32, 0x5014_6076_43A9_B4C3), (4, 0, 0x9136_A0DC_A574_57EE), (14, 0, 0x8282_DCC4_994E_35C8),
      (14, prime32, 0xC3BD_6BF6_3DEB_6DF0), (222, 0, 0xB641_AE8C_B691_C174), (222, prime32, 0x20CB_8AB7_AE10_C14A),
    ] as [(Int, UInt64, UInt64)])
  func vectors(_ length: Int, _ seed: UInt64, _ expected: UInt64) {
    #expect(XXH64.hash(Array(XXH64Tests.buffer[..<length]), seed: seed) == expected)
  }

  @Test("well-known texts")
  func texts() {
    #expect(XXH64.hash("a".bytes) == 0xD24E_C4F1_A98C_6E5B)
    #expect(XXH64.hash("abc".bytes) == 0x44BC_2CF5_AD77_0999)
    #expect(XXH64.hash("Nobody inspects the spammish repetition".bytes) == 0xFBCE_A83C_8A37_8BF1)
  }

  @Test("leaving a gap out is the same as hashing the rest")
  func gaps() {
    let bytes = XXH64Tests.buffer
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<2_000 {
      let count = random.below(bytes.count + 1)
      let start = random.below(count + 1)
      let end = start + random.below(count - start + 1)
      let part = Array(bytes[..<count])
      #expect(XXH64.hash(part.span, excluding: start..<end) == XXH64.hash(Array(part[..<start] + part[end...])))
    }
  }

  @Test("SplitMix64 gives the published sequence")
  func splitMix() {
    var generator = SplitMix64(seed: 0)
    #expect(
      (0..<3).map { _ in generator.next() } == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
    #expect((0..<1000).allSatisfy { _ in 0..<7 ~= generator.below(7) })
  }
}
