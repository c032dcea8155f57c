import Glibc

/// One request or answer of Kafka's protocol, without the length in front of it.
struct KafkaFrame {
  /// The request that asks which requests a broker knows.
  static let apiVersions: Int16 = 18

  let bytes: [UInt8]

  // Of a request.
  var api: Int16 { Int16(truncatingIfNeeded: number(0, 2)) }
  var version: Int16 { Int16(truncatingIfNeeded: number(2, 2)) }
  var correlation: Int32 { Int32(truncatingIfNeeded: number(4, 4)) }
  /// What stands behind the client's name.
  var body: ArraySlice<UInt8> { bytes.dropFirst(10 + max(0, Int(Int16(truncatingIfNeeded: number(8, 2))))) }

  // Of an answer: the correlation of its request.
  var answered: Int32 { Int32(truncatingIfNeeded: number(0, 4)) }

  private func number(_ start: Int, _ count: Int) -> Int {
    bytes.dropFirst(start).prefix(count).reduce(0) { $0 << 8 | Int($1) }
  }

  /// The next one; blocks; nil at the end of the connection, and when it is longer than any of ours.
  static func read(_ descriptor: Int32) -> KafkaFrame? {
    guard let length = read(descriptor, 4)?.reduce(0, { $0 << 8 | Int($1) }), length < 64 << 20 else { return nil }
    return read(descriptor, length).map { KafkaFrame(bytes: $0) }
  }

  /// False when the other side is gone.
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    let framed = bigEndian(Int32(bytes.count)) + bytes
    var done = 0
    while done < framed.count {
      let sent = framed[done...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent < 0 && errno == EINTR { continue }
      if sent <= 0 { return false }
      done += sent
    }
    return true
  }

  private static func read(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes[done...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if got < 0 && errno == EINTR { continue }
      if got <= 0 { return nil }
      done += got
    }
    return bytes
  }
}

/// The bytes of a number, the highest first, as Kafka sends it.
func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
}
