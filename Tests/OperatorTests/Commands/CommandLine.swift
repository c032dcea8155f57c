import Postgres
import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// What one run of the program did.
struct Ran {
  let code: ExitCode
  let data: String
  let messages: String

  /// The data as JSON.
  var json: JSONValue {
    get throws { try JSONValue(parsing: Array(data.utf8)) }
  }

  /// The objects of an array.
  var objects: [JSONValue] {
    get throws {
      guard case .array(let elements) = try json else { throw Unexpected(what: "not an array: \(data)") }
      return elements
    }
  }
}

struct Unexpected: Error { let what: String }

/// Runs a command line in this process on the test's database. `environment` wins over the database's URL.
func syncline(_ line: String..., environment: [String: String] = [:]) async throws -> Ran {
  try await syncline(line, environment: environment)
}

func syncline(
  _ line: [String], environment: [String: String] = [:], ask: Prompt.Ask? = nil
) async throws -> Ran {
  let url = try SyncDatabase.current.url
  return await program(line, environment: ["DATABASE_URL": url].merging(environment) { $1 }, ask: ask)
}

/// The same without a database. `ask`: whoever sits at the terminal; nil: nobody.
func program(_ line: [String], environment: [String: String] = [:], ask: Prompt.Ask? = nil) async -> Ran {
  let recorder = Recorder()
  let output = recorder.output(ArgumentParser.requestedFormat(line))
  let code = await Commands.program.run(line, output: output, environment: environment, ask: ask)
  return Ran(code: code, data: recorder.data, messages: recorder.messages)
}

/// Runs statements on the test's database, as the superuser.
func sql(_ statements: String...) async throws {
  try await SyncDatabase.current.run { session in
    for statement in statements { try session.execute(statement) }
  }
}

/// One value of the test's database; nil for null or no row.
func value(_ statement: String) async throws -> String? {
  try await SyncDatabase.current.run { try $0.query(statement).first?[0].text }
}

/// Waits for a fact.
func until(_ what: String, _ fact: () async throws -> Bool) async throws {
  let clock = ContinuousClock()
  let deadline = clock.now + .seconds(30)
  while !(try await fact()) {
    guard clock.now < deadline else { throw Unexpected(what: "waited in vain: \(what)") }
    try await Task.sleep(for: .milliseconds(2))  // the poll of a fact
  }
}

/// Ids of jobs that tests seed.
let jobA = "aaaaaaaa-0000-4000-8000-000000000001"
let jobB = "bbbbbbbb-0000-4000-8000-000000000002"
let noJob = "ffffffff-0000-4000-8000-00000000000f"

/// Breaks writers of JSON, CSV and terminals, and SQL that is put together from text.
let hostile = "Rí\"o',\n\\ \u{1B}[31m\u{202E}; DROP TABLE organization; --"

extension JSONValue {
  var keys: [String] {
    guard case .object(let members) = self else { return [] }
    return members.map(\.key)
  }
  var count: Int? {
    guard case .array(let elements) = self else { return nil }
    return elements.count
  }
  /// The value as text, keys sorted, for comparison.
  var canonicalText: String { String(decoding: canonical(), as: UTF8.self) }

  /// A number by its exact text.
  var digits: String? {
    guard case .number(let text) = self else { return nil }
    return text
  }
}
