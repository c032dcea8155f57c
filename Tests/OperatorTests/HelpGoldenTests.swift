import FoundationEssentials
import Runtime
import Testing

@testable import Operator

/// Every help text of the product, word for word.
@Suite struct HelpGoldenTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "help.txt")

  /// What every text repeats stands in the file once, in the program's own.
  private static func texts() -> String {
    let help = HelpText(table: Commands.table)
    let program = help.about([])
    let flags = program.firstRange(of: "Flags of every command:\n").map { start in
      let rest = program[start.lowerBound...]
      return String(rest[..<(rest.firstRange(of: "\n\n")?.lowerBound ?? rest.endIndex)])
    }
    let nouns = Commands.table.firstWords.filter { Commands.table.command([$0]) == nil }.map { [$0] }
    let topics = nouns + Commands.table.commands.map(\.path)
    let others = topics.map { topic in
      let text = help.about(topic)
      let short = flags.map { text.replacing($0 + "\n\n", with: "").replacing("\n" + $0, with: "") } ?? text
      return "=== syncline \(topic.joined(separator: " ")) --help\n\(short)"
    }
    return (["=== syncline --help\n\(program)"] + others).joined(separator: "\n")
  }

  @Test("Every help text is the one in help.txt; UPDATE_GOLDENS=1 writes that file anew")
  func golden() throws {
    let texts = Self.texts()
    if Environment.current()["UPDATE_GOLDENS"] == "1" {
      try Data(texts.utf8).write(to: Self.file)
    }
    let golden = try String(contentsOf: Self.file, encoding: .utf8)
    let (ours, theirs) = (texts.split(separator: "\n"), golden.split(separator: "\n"))
    let difference = zip(ours, theirs).first { $0 != $1 }
    #expect(difference == nil && ours.count == theirs.count, "is, was: \(String(describing: difference))")
  }
}
