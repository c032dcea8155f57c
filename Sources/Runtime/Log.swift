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
/// A line never holds a secret or a record's content; fields are names, ids, counts and codes. Each line is one
/// `write(2)`, so lines of several threads and processes do not mix.
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
      let tail = unique(fields).map { " \(printable($0.0))=\(quoteIfNeeded($0.1))" }.joined()
      return "\(stamp) \(level.name.uppercased()) \(printable(message))\(tail)\n"
    case .json:
      let head = [("time", stamp), ("level", level.name), ("message", message)]
      let own = Set(head.map(\.0))
      let rest = unique(fields.map { own.contains($0.0) ? ($0.0 + "_", $0.1) : $0 })
      return "{" + (head + rest).map { "\(jsonString($0.0)):\(jsonString($0.1))" }.joined(separator: ",") + "}\n"
    }
  }

  /// The fields with each name once, the last value given for it: a line's own field beats the context's, and JSON keys
  /// must be unique.
  private static func unique(_ fields: [(String, String)]) -> [(String, String)] {
    let last = Dictionary(fields.enumerated().map { ($1.0, $0) }, uniquingKeysWith: { _, later in later })
    return fields.enumerated().filter { last[$1.0] == $0 }.map(\.element)
  }

  private static func quoteIfNeeded(_ value: String) -> String {
    let plain = value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && !isUnprintable($0) }
    return plain && !value.isEmpty ? value : printable(jsonString(value))
  }
}
