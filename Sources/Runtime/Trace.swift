/// The trace that work belongs to, as the W3C header `traceparent` carries it: from a message to its job, to log lines,
/// to requests of upstreams and to the messages it makes.
package enum Trace {
  /// The `traceparent` of what the running task does; nil: it belongs to none. Inherited by child tasks.
  @TaskLocal package static var current: String?

  /// The header's text when it is one, so that nothing foreign gets into a header of ours; nil otherwise.
  package static func valid(_ text: String?) -> String? {
    guard let text, let parts = parts(text), parts.map(\.count) == [2, 32, 16, 2] else { return nil }
    let isHexadecimal = parts.joined().allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    // Version ff, and ids of nothing but zeros, are forbidden.
    guard isHexadecimal, !text.hasPrefix("ff"), parts[1...2].allSatisfy({ $0.contains { $0 != 0x30 } }) else {
      return nil
    }
    return text
  }

  /// The 32 digits that all parts of a trace share, as log lines name it; nil when it is no `traceparent`.
  package static func id(_ text: String?) -> String? {
    valid(text).flatMap(parts).map { String(decoding: $0[1], as: UTF8.self) }
  }

  private static func parts(_ text: String) -> [Array<UInt8>.SubSequence]? {
    guard text.utf8.count == 55 else { return nil }
    return Array(text.utf8).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
  }
}
