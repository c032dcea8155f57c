import Runtime

/// The texts of `--help`, made from the declarations. Pure.
struct HelpText {
  let table: CommandTable

  /// Help about a command, a noun, or (no words) the program. Words come from the parser, so they exist.
  func about(_ topic: [String]) -> String {
    if let command = table.command(topic) { return about(command) }
    if let noun = topic.first { return about(noun: noun) }
    return program
  }

  private var program: String {
    let width = table.firstWords.map(\.count).max() ?? 0
    let codes = ExitCode.allCases.map { "\($0.rawValue) \($0.meaning)" }
    return """
      syncline: moves equipment records between PEMS and Postgres through Kafka.

      Usage: syncline <noun> <verb> [flags]

      Commands:
      \(rows(table.firstWords.map { ($0, table.summary(of: $0)) }, width: width))

      Flags of every command:
      \(options([GlobalOptions.output] + GlobalOptions.settings + [GlobalOptions.help]))

      Variables, also as KEY=value lines of a --config file, or with _FILE behind the name to read a file:
      \(rows(variables, width: 24))

      Exit codes: \(wrap(codes.joined(separator: ", ") + ".", indent: 2, first: 12))
      See 'syncline help <noun> <verb>' for one of them.

      """
  }

  private var variables: [(String, String)] {
    SettingDefinition.all.map { ($0.name, GlobalOptions.describe($0)) } + [
      (SettingDefinition.kafkaPrefix + "<NAME>", "any librdkafka property: lower case, '.' for '_'")
    ]
  }

  private func about(noun: String) -> String {
    let verbs = table.verbs(of: noun)
    let width = verbs.map { $0.name.count }.max() ?? 0
    let title = table.nouns[noun].map { "\($0).\n\n" } ?? ""
    return """
      \(title)Usage: syncline \(noun) <verb> [flags]

      Commands:
      \(rows(verbs.map { ($0.name, $0.summary) }, width: width))

      See 'syncline \(noun) <verb> --help' for one of them.

      """
  }

  private func about(_ command: Command) -> String {
    var sections = ["\(command.summary).", "Usage: \(usage(command))"]
    if !command.discussion.isEmpty { sections.append(wrap(command.discussion)) }
    let verbs = command.path.count == 1 ? table.verbs(of: command.path[0]) : []
    if !verbs.isEmpty { sections.append(block("Commands", verbs.map { ($0.name, $0.summary) })) }
    if !command.arguments.isEmpty {
      sections.append(block("Arguments", command.arguments.map { ($0.name, describe($0)) }))
    }
    let own = command.options + GlobalOptions.changing(command)
    if !own.isEmpty { sections.append("Options:\n\(options(own))") }
    sections.append(
      "Flags of every command:\n\(options([GlobalOptions.output] + GlobalOptions.settings + [GlobalOptions.help]))")
    if !command.examples.isEmpty {
      let lines = command.examples.map { "  # \($0.meaning)\n\(example($0.line))" }
      sections.append("Examples:\n" + lines.joined(separator: "\n"))
    }
    return sections.joined(separator: "\n\n") + "\n"
  }

  private func usage(_ command: Command) -> String {
    let required = command.options.filter(\.isRequired).map { "--\($0.name) \($0.placeholder)" }
    let parts = ["syncline", command.name] + command.arguments.map(\.usage) + required + ["[flags]"]
    return parts.joined(separator: " ")
  }

  private func describe(_ argument: Argument) -> String {
    argument.choices.isEmpty ? argument.help : "\(argument.help): \(argument.choices.joined(separator: ", "))"
  }

  // MARK: Layout

  private static let lineWidth = 100

  private func options(_ options: [Option]) -> String {
    let rows = options.map { option -> (String, String) in
      let short = option.short.map { "-\($0), " } ?? "    "
      let value = option.takesValue ? " \(option.placeholder)" : ""
      var notes = option.isRequired ? ["required"] : []
      if option.isRepeated { notes.append("may be repeated") }
      if let fallback = option.fallback { notes.append("default: \(fallback.isEmpty ? "empty" : fallback)") }
      let tail = notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
      return ("\(short)--\(option.name)\(value)", option.help + tail)
    }
    return self.rows(rows, width: min(36, rows.map { $0.0.count }.max() ?? 0))
  }

  /// A command line as a shell reads it; one that is too long goes on below, broken where no quotes are open.
  private func example(_ line: String) -> String {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    var out = ""
    var used = 2
    var isQuoted = false
    for (index, word) in words.enumerated() {
      // The last word needs no room for a backslash behind it.
      let room = HelpText.lineWidth - (index == words.count - 1 ? 0 : 2)
      if index > 0, !isQuoted, used + 1 + displayWidth(word) > room {
        out += " \\\n    " + word
        used = 4 + displayWidth(word)
      } else {
        out += (index == 0 ? "" : " ") + word
        used += displayWidth(word) + (index == 0 ? 0 : 1)
      }
      if word.count(where: { $0 == "'" }) % 2 == 1 { isQuoted.toggle() }
    }
    return "  " + out
  }

  private func block(_ title: String, _ entries: [(String, String)]) -> String {
    "\(title):\n" + rows(entries, width: entries.map { $0.0.count }.max() ?? 0)
  }

  /// `  name  text`, the texts below each other; a name that is too long gets a line of its own.
  private func rows(_ entries: [(String, String)], width: Int) -> String {
    entries.map { name, text in
      let wrapped = wrap(text, indent: width + 4, first: width + 4)
      if displayWidth(name) > width { return "  \(name)\n" + String(repeating: " ", count: width + 4) + wrapped }
      return "  \(pad(name, to: width))  \(wrapped)"
    }.joined(separator: "\n")
  }

  /// Breaks lines between words; `first` columns of the first line are taken already.
  private func wrap(_ text: String, indent: Int = 0, first: Int = 0) -> String {
    let paragraphs = text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
      var out = ""
      var used = first
      for word in paragraph.split(separator: " ") {
        let width = displayWidth(String(word))
        if !out.isEmpty, used + 1 + width > HelpText.lineWidth {
          out += "\n" + String(repeating: " ", count: indent) + word
          used = indent + width
        } else {
          out += (out.isEmpty ? "" : " ") + word
          used += width + (out.isEmpty ? 0 : 1)
        }
      }
      return out
    }
    return paragraphs.joined(separator: "\n")
  }
}
