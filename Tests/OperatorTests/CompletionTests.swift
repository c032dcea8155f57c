import FoundationEssentials
import Glibc
import Runtime
import Testing

@testable import Operator

struct CompletionTests {
  private let script = CompletionScript(table: Sample.table)

  /// What bash offers for the last word of a line.
  private func offers(_ line: [String]) throws -> [String] {
    try Bash.offers(script.bash, [line])[0]
  }

  @Test("bash completes words, options and choices")
  func bash() throws {
    #expect(try offers([""]) == ["sync", "jobs", "worker", "version", "completion", "help"])
    #expect(try offers(["jo"]) == ["jobs"])
    #expect(try offers(["jobs", ""]) == ["list", "show"])
    #expect(try offers(["-o", "json", "jobs", "s"]) == ["show"])
    #expect(try offers(["sync", "run", "--so"]) == ["--source"])
    #expect(try offers(["sync", "run", "RIO", "--mode", ""]) == ["full", "incremental", "manual"])
    #expect(try offers(["worker", "-o", "n"]) == ["ndjson"])
    #expect(try offers(["completion", "z"]) == ["zsh"])
    #expect(try offers(["jobs", "list", "--out"]) == ["--output"])
    // bash makes three words of --name=value.
    #expect(try offers(["sync", "run", "--mode", "="]) == ["full", "incremental", "manual"])
    #expect(try offers(["sync", "run", "--mode", "=", "f"]) == ["full"])
    #expect(try offers(["sync", "run", "--mode", "=", "full", "--so"]) == ["--source"])
  }

  @Test("bash itself completes every verb, option and choice of every command")
  func product() throws {
    let table = Commands.table
    var cases: [(line: [String], expected: Set<String>)] = [([""], Set(table.firstWords + ["help"]))]
    for word in table.firstWords {
      let verbs = table.verbs(of: word).map { $0.path[1] }
      if !verbs.isEmpty { cases.append(([word, ""], Set(verbs))) }
    }
    for command in table.commands {
      let options = command.options + GlobalOptions.all
      cases.append((command.path + ["--"], Set(options.map { "--\($0.name)" })))
      for option in options {
        cases.append(
          (
            command.path + ["--\(option.name)"],
            Set(options.map { "--\($0.name)" }.filter { $0.hasPrefix("--\(option.name)") })
          ))
        guard case .choice(let choices) = option.kind else { continue }
        cases.append((command.path + ["--\(option.name)", ""], Set(choices)))
        cases.append((command.path + ["-o", "json", "--\(option.name)", "="], Set(choices)))
      }
      let choices = command.arguments.flatMap(\.choices)
      if !choices.isEmpty { cases.append((command.path + [""], Set(choices))) }
    }
    #expect(cases.count > 1000)
    let offers = try Bash.offers(CompletionScript(table: table).bash, cases.map(\.line))
    for (one, offered) in zip(cases, offers) {
      #expect(Set(offered) == one.expected && offered.count == one.expected.count, "\(one.line)")
    }
  }

  @Test("zsh and fish scripts of the product: each command's options and choices under its own condition")
  func structure() {
    let script = CompletionScript(table: Commands.table)
    let (fish, zsh) = (Set(script.fish.split(separator: "\n")), script.zsh)
    for command in Commands.table.commands {
      let condition = "complete -c syncline -n '__syncline_in \(command.name)' -l "
      let lines = fish.filter { $0.hasPrefix(condition) }
      #expect(lines.count == command.options.count, "\(command.name)")
      for option in command.options {
        guard case .choice(let choices) = option.kind else { continue }
        let line = lines.first { $0.hasPrefix("\(condition)\(option.name) ") }
        #expect(line?.contains(" -x -a '\(choices.joined(separator: " "))' ") == true, "\(command.name) \(option.name)")
        let values = "\"\(command.name)\"\" --\(option.name)\""
        #expect(zsh.contains(values), "\(values)")
      }
    }
    // Every quote that fish sees is closed.
    for line in fish where line.hasPrefix("complete") {
      let quotes = line.replacing("\\\\", with: "").replacing("\\'", with: "").filter { $0 == "'" }.count
      #expect(quotes.isMultiple(of: 2), "\(line)")
    }
  }

  @Test("zsh and fish scripts name every command and option")
  func others() {
    for text in [script.zsh, script.fish] {
      for word in ["sync", "run", "jobs", "list", "worker", "dry-run", "full incremental manual", "bash zsh fish"] {
        #expect(text.contains(word))
      }
    }
    #expect(script.zsh.hasPrefix("#compdef syncline\n"))
    #expect(script.fish.contains("complete -c syncline -n '__syncline_in sync run' -l dry-run -d 'change nothing'\n"))
    #expect(script.fish.contains("-d 'Read an organization\\'s records from PEMS'"))
  }

  @Test("The printed script is the one for the shell asked for")
  func command() async {
    let recorder = Recorder()
    let code = await Program(Sample.table).run(["completion", "fish"], output: recorder.output())
    #expect(code == .ok)
    #expect(recorder.data == script.fish)
  }
}

/// The real shell.
private enum Bash {
  /// What the completion function offers for the last word of each line.
  static func offers(_ script: String, _ lines: [[String]]) throws -> [[String]] {
    let calls = lines.map { line in
      let words = (["syncline"] + line).map { "'\($0)'" }.joined(separator: " ")
      return "COMPREPLY=(); COMP_WORDS=(\(words)); COMP_CWORD=\(line.count); _syncline; echo \"${COMPREPLY[*]}\""
    }
    let output = try run(script + calls.joined(separator: "\n") + "\n")
    let offered = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { $0.split(separator: " ").map(String.init) }
    try #require(offered.count == lines.count)
    return offered
  }

  /// Standard output of a script, which bash reads as its own.
  private static func run(_ text: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "completion-\(UUIDText.random()).bash")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    let command: [String] = ["bash", "--norc", file.path]
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    try #require(posix_spawn(&child, "/bin/bash", &actions, nil, &arguments, environ) == 0)
    close(ends[1])
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = read(ends[0], &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
    close(ends[0])
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return String(decoding: bytes, as: UTF8.self)
  }
}
