/// Reads a compiled time zone file, TZif of RFC 8536: versions 1 to 4, whatever its bytes.
package enum TimeZoneFile {
  /// Nil for what is no such file.
  package static func parse(_ bytes: [UInt8], name: String) -> TimeZoneRules? {
    guard let first = Header(bytes, at: 0) else { return nil }
    // Version 1 has 32-bit times and no rule for the future. Later ones repeat everything with 64 bits after it.
    guard first.version >= UInt8(ascii: "2") else {
      return transitions(bytes, first, at: Header.size, width: 4).map {
        TimeZoneRules(name: name, initial: $0.initial, transitions: $0.transitions)
      }
    }
    let second = Header.size + first.length(width: 4)
    guard let header = Header(bytes, at: second),
      let times = transitions(bytes, header, at: second + Header.size, width: 8)
    else { return nil }
    let footer = second + Header.size + header.length(width: 8)
    guard footer < bytes.count, bytes[footer] == UInt8(ascii: "\n"),
      let end = bytes[(footer + 1)...].firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let text = String(decoding: bytes[(footer + 1)..<end], as: UTF8.self)
    let tail = text.isEmpty ? nil : RecurringZone(posix: text)
    if !text.isEmpty && tail == nil { return nil }
    return TimeZoneRules(name: name, initial: times.initial, transitions: times.transitions, tail: tail)
  }

  private static func transitions(
    _ bytes: [UInt8], _ header: Header, at start: Int, width: Int
  ) -> (initial: Int64, transitions: [TimeZoneRules.Transition])? {
    guard header.types > 0, start + header.length(width: width) <= bytes.count else { return nil }
    let kinds = start + header.times * width
    let types = kinds + header.times
    func offset(_ type: Int) -> Int64 { integer(bytes, at: types + type * 6, width: 4) }
    var transitions: [TimeZoneRules.Transition] = []
    for index in 0..<header.times {
      let at = integer(bytes, at: start + index * width, width: width)
      let type = Int(bytes[kinds + index])
      guard type < header.types, at > transitions.last?.at ?? .min else { return nil }
      transitions.append(TimeZoneRules.Transition(at: at, offset: offset(type)))
    }
    // A day is more than any clock has ever been apart from UTC.
    let isSound = transitions.allSatisfy { abs($0.offset) <= 93_600 } && abs(offset(0)) <= 93_600
    return isSound ? (offset(0), transitions) : nil
  }

  fileprivate static func integer(_ bytes: [UInt8], at start: Int, width: Int) -> Int64 {
    var value: Int64 = bytes[start] & 0x80 == 0 ? 0 : -1
    for index in start..<(start + width) { value = value << 8 | Int64(bytes[index]) }
    return value
  }
}

private struct Header {
  static let size = 44

  let version: UInt8
  let times: Int
  let types: Int
  private let rest: Int
  private let leaps: Int

  init?(_ bytes: [UInt8], at start: Int) {
    guard start + Header.size <= bytes.count, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else { return nil }
    version = bytes[start + 4]
    let counts = (0..<6).map { Int(TimeZoneFile.integer(bytes, at: start + 20 + $0 * 4, width: 4)) }
    // Far above every real file, far below overflow.
    guard counts.allSatisfy({ 0...1_000_000 ~= $0 }) else { return nil }
    (times, types, leaps) = (counts[3], counts[4], counts[2])
    rest = counts[5] + counts[1] + counts[0]
  }

  /// Bytes of the block behind this header; times have `width` bytes.
  func length(width: Int) -> Int { times * (width + 1) + types * 6 + leaps * (width + 4) + rest }
}
