/// The commands of the program, found by their words.
package struct CommandTable: Sendable {
  package let commands: [Command]
  /// One line for each noun that has several verbs.
  package let nouns: [String: String]

  package init(_ commands: [Command], nouns: [String: String] = [:]) {
    self.commands = commands
    self.nouns = nouns
  }

  func command(_ path: [String]) -> Command? { commands.first { $0.path == path } }

  /// The commands below a noun, without the one that is the noun itself.
  func verbs(of noun: String) -> [Command] { commands.filter { $0.path.count > 1 && $0.path[0] == noun } }

  /// First words, each once, in table order.
  var firstWords: [String] {
    var seen: Set<String> = []
    return commands.map { $0.path[0] }.filter { seen.insert($0).inserted }
  }

  /// One line about a first word: the command's own, the noun's, or its verbs.
  func summary(of word: String) -> String {
    command([word])?.summary ?? nouns[word] ?? verbs(of: word).map { $0.path[1] }.joined(separator: ", ")
  }
}
