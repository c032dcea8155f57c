import FoundationEssentials
import Runtime
import SyncDomain
import Testing

@testable import Operator

/// Commands that texts of the program name can be pasted: they are commands of this program, and whatever stands in
/// them is quoted.
@Suite("Hints") struct HintTests {
  /// A command as a source file writes it.
  private struct Hint {
    let path: String
    /// With interpolations as the source has them.
    var source = ""
    /// With something in their place: a value behind a blank, nothing at the end of a word.
    var line = ""
    /// The expressions of the interpolations.
    var values: [String] = []
  }

  /// Names under which quoted words, options made of them, and ids stand in commands.
  private static let safe: Set = [
    "id", "jobId", "new", "running", "letter", "letters", "record", "session", "project",
    "tenant", "who", "helpTopic", "command",
  ]
  private static let quoting = ["shellQuoted(", "shellOptions(", "QueueSubject.options("]
  /// Names of what is no command.
  private static let others: Set = ["syncline command", "syncline top  \\(timestamp(time))"]

  @Test(
    "Every command that a hint, remedy or alert names is one of this program, and what stands in it is quoted")
  func commands() throws {
    let hints = try Self.hints()
    #expect(hints.count > 150, "the search finds what there is")
    for hint in hints {
      let words = Self.words(hint.line)
      do {
        _ = try ArgumentParser.parse(Array(words.dropFirst()), Commands.table)
      } catch {
        Issue.record("\(hint.path): '\(hint.source)': \(error.message)")
      }
      for value in hint.values {
        let name = value.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.last.map(String.init) ?? ""
        let isQuoted = Self.quoting.contains { value.contains($0) } || Self.safe.contains(name)
        #expect(isQuoted, "\(hint.path): '\(hint.source)' does not quote \(value)")
      }
    }
  }

  @Test("A quoted word is the same word for a shell, whatever it is; in double quotes wherever these do")
  func quoting() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("HintTests.quoting seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    var words = [
      "", "RIO", "x y", "it's", "a\"b", "$HOME", "`id`", "a\\b", "wow!", "it's!", "#x", "~", "*", "a=b;c", "&",
    ]
    // A NUL is in no argument.
    words += (0..<200).map { _ in generator.hostileText().replacing("\u{0}", with: "") }
    let script = "printf '%s\\037' " + words.map(shellQuoted).joined(separator: " ")
    let echoed = try await shell(script)
    #expect(echoed.status == 0)
    #expect(
      echoed.output.split(separator: "\u{1F}", omittingEmptySubsequences: false).dropLast().map(String.init) == words)
    #expect(shellQuoted("RIO-1/x:2") == "RIO-1/x:2" && shellQuoted("x y") == "\"x y\"" && shellQuoted("") == "\"\"")
    #expect(shellOptions([("kind", nil), ("organization", "R 1")]) == " --organization \"R 1\"")
  }

  // MARK: Reading the sources

  private static func hints() throws -> [Hint] {
    let sources = repository + "/Sources"
    let paths = try FileManager.default.subpathsOfDirectory(atPath: sources).filter {
      $0.hasSuffix(".swift") && !$0.hasSuffix("CompletionScript.swift")
    }
    return try paths.sorted().flatMap { path in
      find(in: joined(try String(contentsOfFile: "\(sources)/\(path)", encoding: .utf8)), path)
    }
  }

  /// Without comments, and with literals that go on in the next line as one.
  private static func joined(_ text: String) -> String {
    var out = ""
    for line in text.split(separator: "\n") {
      let code = line.drop { $0 == " " }
      if code.hasPrefix("//") { continue }
      if code.hasPrefix("+ \""), out.hasSuffix("\"\n") {
        out = String(out.dropLast(2)) + code.dropFirst(3) + "\n"
      } else if out.hasSuffix("\\\n") {
        out = String(out.dropLast(2)) + code + "\n"
      } else {
        out += line + "\n"
      }
    }
    return out
  }

  private static func find(in text: String, _ path: String) -> [Hint] {
    var hints: [Hint] = []
    for (opening, end) in [("'", "'"), ("\"", "\""), ("`", "`"), ("<code>", "<")] as [(String, Character)] {
      for found in text.ranges(of: opening + "syncline ") {
        let start = text.index(found.lowerBound, offsetBy: opening.count)
        let hint = read(text[start...], to: end, path)
        // A whole sentence that begins with the program's name is none, nor a command made by its own name.
        if others.contains(hint.source) || hint.source.hasPrefix("syncline \\(") || hint.source.contains("<") {
          continue
        }
        hints.append(hint)
      }
    }
    return hints
  }

  private static func read(_ text: Substring, to end: Character, _ path: String) -> Hint {
    var hint = Hint(path: path)
    var rest = text
    while let character = rest.popFirst(), character != end {
      hint.source.append(character)
      guard character == "\\", let next = rest.popFirst() else {
        hint.line.append(character)
        continue
      }
      hint.source.append(next)
      guard next == "(" else {
        hint.line.append(next)
        continue
      }
      var depth = 1
      var value = ""
      while depth > 0, let inner = rest.popFirst() {
        depth += inner == "(" ? 1 : inner == ")" ? -1 : 0
        if depth > 0 { value.append(inner) }
      }
      hint.source += value + ")"
      if hint.line.hasSuffix(" ") { hint.line += hint.line.hasSuffix("--kind ") ? "read_sync" : "x" }
      hint.values.append(value)
    }
    return hint
  }

  /// As a shell takes a line apart, for the little that hints hold; without what follows `>` and `&`.
  private static func words(_ text: String) -> [String] {
    let line = text.split(separator: " >")[0].split(separator: " &")[0]
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    return words + [word].compactMap(\.self)
  }
}
