import Testing

@testable import Runtime

struct UUIDTextTests {
  private func hex(_ bytes: [UInt8]) -> String { bytes.map { leftPad(String($0, radix: 16), 2, "0") }.joined() }

  @Test("SHA-1 gives the digests of RFC 3174 and FIPS 180")
  func sha1() {
    #expect(hex(SHA1.digest([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(hex(SHA1.digest(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    #expect(hex(SHA1.digest(Array(two.utf8))) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
    let ten = Array(repeating: "01234567" * 8, count: 10).joined()
    #expect(hex(SHA1.digest(Array(ten.utf8))) == "dea356a2cddd90c7a7ecedc5ebb563934f460452")
  }

  @Test("SHA-1 pads right at every length around a block", arguments: 53...66)
  func padding(_ length: Int) {
    let digest = SHA1.digest(Array(repeating: 0x61, count: length))
    #expect(digest.count == 20)
    #expect(digest != SHA1.digest(Array(repeating: 0x61, count: length + 1)))
  }

  @Test("Name-based UUIDs match RFC 9562 and Python's uuid module")
  func named() {
    #expect(
      UUIDText.named("www.example.com", in: UUIDText.dnsNamespace) == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    #expect(UUIDText.named("python.org", in: UUIDText.dnsNamespace) == "886313e1-3b8a-5372-9b90-0c9aee199e5d")
    #expect(UUIDText.named("x", in: "not a uuid") == nil)
  }

  @Test("An event's identity is stable, and different for different source and id")
  func events() {
    #expect(UUIDText.event(source: "/pems", id: "1") == UUIDText.event(source: "/pems", id: "1"))
    #expect(UUIDText.event(source: "a", id: "bc") != UUIDText.event(source: "ab", id: "c"))
    #expect(UUIDText.event(source: "1:a", id: "") != UUIDText.event(source: "1", id: ":a"))
    #expect(UUIDText.event(source: "/pems", id: "1") == "6ad50e22-bdb0-5814-90ee-266a2f65da94")
  }

  @Test("Random UUIDs are lower case, of version 4, and differ")
  func random() {
    let all = (0..<1000).map { _ in UUIDText.random() }
    #expect(Set(all).count == 1000)
    for text in all {
      #expect(UUIDText.canonical(text) == text)
      let characters = Array(text)
      #expect(characters[14] == "4" && "89ab".contains(characters[19]))
    }
  }

  @Test("The canonical form is lower case; what is no UUID has none")
  func canonical() {
    #expect(
      UUIDText.canonical("6BA7B810-9DAD-11D1-80B4-00C04FD430C8") == UUIDText.dnsNamespace)
    for wrong in ["", "6ba7b810", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "6ba7b8109-dad-11d1-80b4-00c04fd430c8"] {
      #expect(UUIDText.canonical(wrong) == nil)
    }
  }
}

private func * (text: String, count: Int) -> String { String(repeating: text, count: count) }
