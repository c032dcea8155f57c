import FoundationEssentials
import Runtime
import Testing

@testable import Operator

@Suite struct ReadmeTests {
  @Test("S2-20 Every command that the README and the manual of deployment show is one of this program")
  func commands() throws {
    let manuals = try ["README.md", "Helm/README.md"].map { try Readme($0) }
    let lines = manuals.flatMap(\.shellLines).compactMap { Readme.words($0, after: "syncline") }
    #expect(lines.count > 30)
    // In the text of the other two each command stands in backticks, with words for values.
    let named = try ["Helm/README.md", "Migrations/README.md", "Tests/README.md"].flatMap { try Readme($0).named }
    #expect(named.count > 20)
    for words in lines + named {
      guard case .run? = try? ArgumentParser.parse(words, Commands.table) else {
        Issue.record("'syncline \(words.joined(separator: " "))' is no command")
        continue
      }
    }
  }

  @Test("Every make target that the README shows exists")
  func targets() throws {
    let makefile = try String(contentsOf: Readme.root.appending(path: "Makefile"), encoding: .utf8)
    let lines = try Readme().shellLines.compactMap { Readme.words($0, after: "make") }
    #expect(!lines.isEmpty)
    for words in lines {
      for target in words where !target.contains("=") {
        #expect(makefile.contains("\n.PHONY: \(target)\n"), "make \(target)")
      }
    }
  }

  @Test("The README names every command, setting and exit code in use")
  func complete() throws {
    let text = try Readme().text
    let commands = Commands.table.commands.filter { $0.path != ["migrate"] }.map { "syncline \($0.name)" }
    let settings = SettingDefinition.all.map { "`\($0.name)`" }
    let codes = ExitCode.allCases.map { "\($0.rawValue)" }
    let missing = (commands + settings + codes).filter { !text.contains($0) }
    #expect(missing.isEmpty)
  }

  @Test("S4-30 The README says how to append, watch and go back, and what to keep before a migration (S4-31, S4-21)")
  func journal() throws {
    let text = try Readme().text
    let names = [
      "append_events", "append_events_with_delayed_lock", "append_events_adaptive", "delayed_percent", "SY010",
      "sync_event_statistics", "sync_event_contention", "sync_event_busy_streams", "long_transactions",
      "sync_table_volume", "pg_dump",
    ]
    #expect(names.filter { !text.contains($0) } == [])
  }

  @Test("Words of a shell line: quotes, comments, redirections")
  func words() {
    #expect(Readme.words("syncline a --b 'c d' # e", after: "syncline") == ["a", "--b", "c d"])
    #expect(Readme.words("syncline dev > x.env &", after: "syncline") == ["dev"])
    #expect(Readme.words("synclined", after: "syncline") == nil)
  }
}

/// The README with the lines of its fenced `sh` blocks.
private struct Readme {
  let text: String

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  init(_ path: String = "README.md") throws {
    text = try String(contentsOf: Readme.root.appending(path: path), encoding: .utf8)
  }

  /// The commands in backticks, broken lines joined; one that leaves something out is not meant to be typed.
  var named: [[String]] {
    text.replacing("\n", with: " ").split(separator: "`syncline ").dropFirst().compactMap { part in
      let command = part.prefix { $0 != "`" }
      guard !command.contains("…"), !command.contains("|") else { return nil }
      return Readme.words("syncline " + command.split(separator: " ").joined(separator: " "), after: "syncline")
    }
  }

  var shellLines: [String] {
    var lines: [String] = []
    var isShell = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isShell = line == "```sh"
      } else if isShell {
        lines.append(String(line))
      }
    }
    return lines
  }

  /// The words behind `program`, without what the shell keeps for itself; nil when the line calls something else.
  static func words(_ line: String, after program: String) -> [String]? {
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
        if let finished = word { words.append(finished) }
        word = nil
      } else if word == nil, "#>&|".contains(character) {
        break
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let finished = word { words.append(finished) }
    return words.first == program ? Array(words.dropFirst()) : nil
  }
}
