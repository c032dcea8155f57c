import Glibc
import Runtime
import Testing

@testable import Operator

struct CompletionTests {
  private let script = CompletionScript(table: Sample.table)

  /// What bash offers for the last word of a line.
  private func offers(_ line: [String]) throws -> [String] {
    let words = (["syncline"] + line).map { "'\($0)'" }.joined(separator: " ")
    let text =
      "\(script.bash)\nCOMP_WORDS=(\(words)); COMP_CWORD=\(line.count); _syncline; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    let command: [String] = ["bash", "--norc", "-c", text]
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
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
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
