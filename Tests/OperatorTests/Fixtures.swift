import Runtime

@testable import Operator

/// What a program wrote.
final class Recorder: Sendable {
  private let texts = Locked((data: "", messages: ""))

  var data: String { texts.with { $0.data } }
  var messages: String { texts.with { $0.messages } }

  func output(
    _ format: OutputFormat? = nil, terminal: Terminal = .none, errorTerminal: Terminal = .none
  ) -> Output {
    Output(
      format: format, data: TextSink { [texts] text in texts.with { $0.data += text } },
      messages: TextSink { [texts] text in texts.with { $0.messages += text } }, terminal: terminal,
      errorTerminal: errorTerminal)
  }
}

/// A small table of commands with one of everything.
enum Sample {
  static let sync = Command(
    path: ["sync", "run"], summary: "Read an organization's records from PEMS",
    discussion: "Puts a request on the queue; a worker does the rest.",
    arguments: [Argument("ORG", "organization")],
    options: [
      .text("source", "NAME", "where to read from", required: true),
      .choice("mode", ["full", "incremental", "manual"], "how much to read", default: "incremental"),
      .text("only", "KIND", "kinds to handle", repeated: true),
      .integer("limit", "N", "at most so many records", in: 1...1000),
      .flag("dry-run", "change nothing"),
      .flag("all", "everything"),
    ], examples: [Example("syncline sync run RIO --source pems --wait", "read RIO and watch")],
    needs: [.database], change: .alters
  ) { _ in .ok }
  static let jobsList = Command(path: ["jobs", "list"], summary: "List jobs") { _ in .ok }
  static let jobsShow = Command(
    path: ["jobs", "show"], summary: "Show jobs", arguments: [Argument("ID", "job", .oneOrMore)]
  ) { _ in .ok }
  static let worker = Command(path: ["worker"], summary: "Consume and apply", handlesSignals: true) { _ in .ok }

  static let table = CommandTable(
    [sync, jobsList, jobsShow, worker, VersionCommand.command(), CompletionCommand.command],
    nouns: ["jobs": "Jobs and what they are doing"])
}

/// A generator that gives the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// Text made of what breaks writers: quotes, separators, line ends, controls, direction marks, emoji.
  mutating func hostileText() -> String {
    let pieces = [
      "\"", "\"\"", ",", "\n", "\r\n", "\r", "\\", "\\u", "\u{0}", "\u{1B}[2J", "\u{9B}", "\u{202E}", "\u{2028}", "é",
      "e\u{301}",
      "👩‍👩‍👧", "東", "=1+1", "'", " ", "", "a", "]}", "\u{FEFF}", "\u{10FFFF}", "\u{7F}", "null",
    ]
    let count = Int.random(in: 0...8, using: &self)
    return (0..<count).map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
  }
}
