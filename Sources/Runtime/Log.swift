import FoundationEssentials
import Glibc

/// How much a log line matters; `debug` is hidden unless asked for.
package enum LogLevel: Int, Sendable, Comparable, CaseIterable {
  case debug, info, warning, error

  package var name: String { String(describing: self) }

  package init?(name: String) {
    guard let level = LogLevel.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
    self = level
  }

  package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Structured log lines on standard error: text for people, one JSON object a line for machines.
///
/// A line never holds a secret or a record's content; fields are names, ids, counts and codes. Each line is one `write(2)`, so lines of
/// several threads and processes do not mix.
package struct Log: Sendable {
  package enum Format: String, Sendable { case text, json }

  /// Lines below this level are dropped. Default: info.
  package var level: LogLevel
  package var format: Format
  /// Where lines go. Default: descriptor 2.
  package var descriptor: Int32
  /// Fields added to every line (worker id, job, organization).
  package var context: [(String, String)]

  package init(
    level: LogLevel = .info, format: Format = .text, descriptor: Int32 = 2, context: [(String, String)] = []
  ) {
    self.level = level
    self.format = format
    self.descriptor = descriptor
    self.context = context
  }

  /// A copy that adds `fields` to each of its lines.
  package func with(_ fields: (String, String)...) -> Log {
    var copy = self
    copy.context += fields
    return copy
  }

  package func debug(_ message: String, _ fields: (String, String)...) { write(.debug, message, fields) }
  package func info(_ message: String, _ fields: (String, String)...) { write(.info, message, fields) }
  package func warning(_ message: String, _ fields: (String, String)...) { write(.warning, message, fields) }
  package func error(_ message: String, _ fields: (String, String)...) { write(.error, message, fields) }

  private func write(_ lineLevel: LogLevel, _ message: String, _ fields: [(String, String)]) {
    guard lineLevel >= level else { return }
    let line = Log.line(format, Date(), lineLevel, message, context + fields)
    writeAll(descriptor, Array(line.utf8))
  }

  /// The text of one line with its newline; pure, for tests.
  package static func line(
    _ format: Format, _ time: Date, _ level: LogLevel, _ message: String, _ fields: [(String, String)]
  ) -> String {
    let stamp = timestamp(time)
    switch format {
    case .text:
      let tail = fields.map { " \($0.0)=\(quoteIfNeeded($0.1))" }.joined()
      return "\(stamp) \(level.name.uppercased()) \(message)\(tail)\n"
    case .json:
      let head = [("time", stamp), ("level", level.name), ("message", message)]
      return "{" + (head + fields).map { "\(jsonString($0.0)):\(jsonString($0.1))" }.joined(separator: ",") + "}\n"
    }
  }

  private static func quoteIfNeeded(_ value: String) -> String {
    let plain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
    return plain ? value : jsonString(value)
  }
}

/// RFC 3339 in UTC with milliseconds, for example `2026-01-31T09:30:00.250Z`.
package func timestamp(_ time: Date) -> String {
  let milliseconds = Int64((time.timeIntervalSince1970 * 1000).rounded(.down))
  var seconds = time_t(milliseconds.quotientFloor(1000))
  var parts = tm()
  gmtime_r(&seconds, &parts)
  func pad(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let date = "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))"
  let clock = "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))"
  return "\(date)T\(clock).\(pad(Int(milliseconds - Int64(seconds) * 1000), 3))Z"
}

extension Int64 {
  fileprivate func quotientFloor(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

/// `text` as a JSON string literal with its quotes; control characters are escaped.
package func jsonString(_ text: String) -> String {
  var out: [UInt8] = [0x22]
  for byte in text.utf8 {
    switch byte {
    case 0x22: out += [0x5C, 0x22]
    case 0x5C: out += [0x5C, 0x5C]
    case 0x0A: out += [0x5C, 0x6E]
    case 0x0D: out += [0x5C, 0x72]
    case 0x09: out += [0x5C, 0x74]
    case 0..<0x20, 0x7F:
      let hex = Array("0123456789abcdef".utf8)
      out += [0x5C, 0x75, 0x30, 0x30, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
    default: out.append(byte)
    }
  }
  out.append(0x22)
  return String(decoding: out, as: UTF8.self)
}

/// Writes all bytes to a descriptor, going on after short writes and interrupts; an error ends it silently (a closed
/// standard error must not stop a worker).
package func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) {
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { continue }
      return
    }
    done += count
  }
}
