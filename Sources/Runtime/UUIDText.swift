/// UUIDs as lower-case text, the form Postgres prints: random ones, and ones derived from a name (RFC 9562).
package enum UUIDText {
  /// The namespace of events, for `event(source:id:)`. Changing it would give every known event a new identity.
  private static let eventNamespace = "6d3d6c9a-4a8e-4f0b-9a34-0d8a0f5c1b57"
  /// RFC 9562's namespaces.
  package static let dnsNamespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
  package static let urlNamespace = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"

  /// A random (version 4) UUID.
  package static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  package static func random(using generator: inout some RandomNumberGenerator) -> String {
    text((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }, version: 4)
  }

  /// The UUID (version 5) of a name inside a namespace; nil when the namespace is not a UUID.
  package static func named(_ name: String, in namespace: String) -> String? {
    guard let space = bytes(of: namespace) else { return nil }
    return text(Array(SHA1.digest(space + Array(name.utf8)).prefix(16)), version: 5)
  }

  /// The identity of an event: the same `ce_source` and `ce_id` give the same UUID everywhere and always, different
  /// ones a different one.
  package static func event(source: String, id: String) -> String {
    // The length in front keeps ("a", "bc") and ("ab", "c") apart.
    let space = bytes(of: eventNamespace) ?? []
    let name = "\(source.utf8.count):\(source)\(id)"
    return text(Array(SHA1.digest(space + Array(name.utf8)).prefix(16)), version: 5)
  }

  /// The canonical form of a UUID in any case; nil when the text is not 8-4-4-4-12 hexadecimal digits.
  package static func canonical(_ text: String) -> String? {
    guard bytes(of: text) != nil else { return nil }
    return text.lowercased()
  }

  private static func bytes(of text: String) -> [UInt8]? {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
    let digits = groups.joined().compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 32 else { return nil }
    return stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  private static func text(_ raw: [UInt8], version: UInt8) -> String {
    var bytes = raw
    bytes[6] = bytes[6] & 0x0F | version << 4
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { out.append(UInt8(ascii: "-")) }
      out += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: out, as: UTF8.self)
  }
}
