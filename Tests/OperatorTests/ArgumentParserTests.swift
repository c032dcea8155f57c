import Testing

@testable import Operator

struct ArgumentParserTests {
  private func parse(_ line: String) throws -> ParsedLine {
    try ArgumentParser.parse(line.split(separator: " ").map(String.init), Sample.table)
  }

  private func values(_ line: String) throws -> ParsedValues {
    guard case .run(_, let values) = try parse(line) else { throw CommandError(.failure, "HELP", "help") }
    return values
  }

  private func error(_ line: String) -> CommandError? {
    do {
      _ = try ArgumentParser.parse(line.split(separator: " ").map(String.init), Sample.table)
      return nil
    } catch {
      return error
    }
  }

  @Test("Flags and values in every spelling, anywhere behind the command")
  func spellings() throws {
    let expected = ParsedValues(
      arguments: ["ORG": ["RIO"]],
      options: ["source": ["pems"], "mode": ["full"], "dry-run": [""], "output": ["json"], "limit": ["5"]])
    for line in [
      "sync run RIO --source pems --mode full --dry-run -o json --limit 5",
      "sync run --source=pems --mode=full RIO --dry-run -ojson --limit=5",
      "-o json sync run --dry-run --mode full --source pems --limit 5 -- RIO",
      "--output=json sync --output json run -o=json RIO --source x --source pems --mode full --dry-run --limit 5",
    ] {
      #expect(try values(line) == expected, "\(line)")
    }
  }

  @Test("Repeated options keep every value, others the last")
  func repeated() throws {
    let values = try values("sync run RIO --source a --only x --only=y --source b")
    #expect(values.options["only"] == ["x", "y"])
    #expect(values.options["source"] == ["b"])
  }

  @Test("Behind -- everything is an argument; negative numbers are arguments too; a value may start with one dash")
  func literal() throws {
    #expect(try values("jobs show -- --help -o").arguments == ["ID": ["--help", "-o"]])
    #expect(try values("jobs show -1 -2.5 -").arguments == ["ID": ["-1", "-2.5", "-"]])
    #expect(try values("sync run RIO --source -x").options["source"] == ["-x"])
    #expect(try values("sync run RIO --source=").options["source"] == [""])
    #expect(try values("sync run RIO --source=a=b").options["source"] == ["a=b"])
  }

  @Test(
    "Help is asked for in every way",
    arguments: [
      ("", []), ("help", []), ("--help", []), ("-h", []), ("help help", []), ("sync", ["sync"]),
      ("jobs --help", ["jobs"]),
      ("help jobs", ["jobs"]), ("sync run --help", ["sync", "run"]), ("help sync run", ["sync", "run"]),
      ("sync run --source -h --help", ["sync", "run"]), ("worker -h", ["worker"]), ("--help version", ["version"]),
    ])
  func help(_ line: String, _ topic: [String]) throws {
    guard case .help(let got) = try parse(line) else {
      Issue.record("not help: \(line)")
      return
    }
    #expect(got == topic)
  }

  @Test(
    "What is wrong is said in one line with the nearest name, and exits 2",
    arguments: [
      ("jbos", "error: UNKNOWN_COMMAND: there is no command 'jbos'; do: try 'syncline jobs', or see 'syncline help'"),
      ("xyzzy", "error: UNKNOWN_COMMAND: there is no command 'xyzzy'; do: see 'syncline help'"),
      ("help xyzzy", "error: UNKNOWN_COMMAND: there is no command 'xyzzy'; do: see 'syncline help'"),
      (
        "jobs lits",
        "error: UNKNOWN_COMMAND: 'jobs' has no verb 'lits'; do: try 'syncline jobs list', or see 'syncline help jobs'"
      ),
      (
        "sync run RIO --surce x",
        "error: UNKNOWN_OPTION: unknown option --surce ('sync run'); "
          + "do: try --source, or see 'syncline sync run --help'"
      ),
      ("jobs list -x", "error: UNKNOWN_OPTION: unknown option -x ('jobs list'); do: see 'syncline jobs list --help'"),
      (
        "sync run RIO --mode ful",
        "error: INVALID_OPTION: --mode is 'ful': did you mean full? ('sync run'); do: see 'syncline sync run --help'"
      ),
      (
        "sync run RIO --limit 0",
        "error: INVALID_OPTION: --limit is '0': not from 1 to 1000 ('sync run'); do: see 'syncline sync run --help'"
      ),
      (
        "sync run RIO --limit many",
        "error: INVALID_OPTION: --limit is 'many': not a whole number ('sync run'); do: see 'syncline sync run --help'"
      ),
      (
        "sync run RIO --dry-run=yes",
        "error: INVALID_OPTION: --dry-run takes no value ('sync run'); do: see 'syncline sync run --help'"
      ),
      (
        "sync run RIO --source",
        "error: MISSING_VALUE: --source needs a value NAME ('sync run'); do: see 'syncline sync run --help'"
      ),
      (
        "sync run RIO",
        "error: MISSING_OPTION: --source NAME is required ('sync run'); do: see 'syncline sync run --help'"
      ),
      (
        "sync run --source x",
        "error: MISSING_ARGUMENT: ORG is missing ('sync run'); do: see 'syncline sync run --help'"
      ),
      ("jobs show", "error: MISSING_ARGUMENT: ID is missing ('jobs show'); do: see 'syncline jobs show --help'"),
      (
        "jobs list extra",
        "error: UNEXPECTED_ARGUMENT: unexpected argument 'extra' ('jobs list'); do: see 'syncline jobs list --help'"
      ),
      (
        "completion tcsh",
        "error: INVALID_ARGUMENT: SHELL is 'tcsh', not one of bash, zsh, fish ('completion'); "
          + "do: see 'syncline completion --help'"
      ),
    ])
  func errors(_ line: String, _ expected: String) {
    let error = error(line)
    #expect(error?.description == expected)
    #expect(error?.exit == .usage)
  }

  @Test("The requested format is seen even in a line that is wrong")
  func format() {
    #expect(ArgumentParser.requestedFormat(["jbos", "-o", "json"]) == .json)
    #expect(ArgumentParser.requestedFormat(["-ocsv", "--output=ndjson"]) == .ndjson)
    #expect(ArgumentParser.requestedFormat(["-o", "xml"]) == nil)
    #expect(ArgumentParser.requestedFormat(["--", "-o", "json"]) == nil)
    #expect(ArgumentParser.requestedFormat(["x", "-o"]) == nil)
  }

  @Test("No line whatever ends the process")
  func random() {
    let seed = UInt64.random(in: .min ... .max)
    print("ArgumentParserTests.random seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let words = [
      "sync", "run", "jobs", "show", "help", "--", "-", "--help", "-h", "-o", "json", "-o=", "--mode", "--mode=full",
      "--=x",
      "--source=", "RIO", "", "-o\u{301}", "--limit", "99999999999999999999", "-5", "worker", "--only", "\u{0}",
    ]
    for _ in 0..<5000 {
      let line = (0..<Int.random(in: 0...7, using: &generator)).map { _ in words.randomElement(using: &generator) ?? ""
      }
      _ = ArgumentParser.requestedFormat(line)
      do {
        _ = try ArgumentParser.parse(line, Sample.table)
      } catch {
        #expect(error.exit == .usage)
      }
    }
  }
}
