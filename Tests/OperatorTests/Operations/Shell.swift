import FoundationEssentials
import Glibc
import Postgres
import Runtime
import TestKit

/// The root of the repository.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

/// A file of the repository.
func text(of path: String) throws -> String { try String(contentsOfFile: "\(repository)/\(path)", encoding: .utf8) }

/// A directory that goes with its last user.
final class Scratch: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/syncline-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("no temporary directory") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The server's user passes through.
    chmod(path, 0o755)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a script wrote, to both of its outputs, and how it ended.
struct ShellResult {
  let status: Int32
  let output: String
}

/// Runs a script as an operator's shell would, with PostgreSQL's programs on the PATH.
func shell(_ script: String, _ arguments: [String] = [], _ variables: [String: String] = [:]) async throws
  -> ShellResult
{
  let scratch = try Scratch()
  let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
  let programs = versions.compactMap { Int($0) }.max().map { "/usr/lib/postgresql/\($0)/bin:" } ?? ""
  let environment = ["PATH": programs + "/usr/local/bin:/usr/bin:/bin"].merging(variables) { $1 }
  let output = "\(scratch.path)/output"
  let status = try await withCheckedThrowingContinuation { continuation in
    startThread(name: "shell") {
      continuation.resume(
        with: Result {
          let file = open(output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
          let null = open("/dev/null", O_RDWR | O_CLOEXEC)
          defer { for descriptor in [file, null] { close(descriptor) } }
          return try ChildProcess(
            "/bin/sh", ["-c", script, "sh"] + arguments, environment: environment.map { "\($0.key)=\($0.value)" },
            descriptors: [(0, null), (1, file), (2, file)]
          ).wait()
        })
    }
  }
  return ShellResult(status: status, output: (try? readTextFile(output, limit: 64 << 20)) ?? "")
}

/// The first column of a query at any URL.
func column(_ url: String, _ sql: String) async throws -> [String] {
  let connection = try await PGConnection.open(PGOptions(url: url), name: "look")
  do {
    let lines = try await connection.run { session in
      try session.query(sql).rows.map { row in row.columns.indices.map { row[$0].text ?? "∅" }.joined(separator: "|") }
    }
    await connection.close()
    return lines
  } catch {
    await connection.close()
    throw error
  }
}

/// A copy of a running server's files, made the way operators make them, as a server of its own.
enum ServerCopy {
  /// `pg_basebackup` of the server into a new home; `then` are further shell lines that run in its data directory.
  static func take(of url: String, into home: String, options: String = "", then: String = "") async throws {
    let script = """
      set -eu
      pg_basebackup --dbname="$1" --pgdata="$2/data" --checkpoint=fast --no-sync \(options)
      cd "$2/data"
      \(then)
      [ "$(id -u)" != 0 ] || chown -R postgres: "$2/data"
      """
    let taken = try await shell(script, [url, home])
    guard taken.status == 0 else { throw Unexpected(what: "pg_basebackup: \(taken.output)") }
  }
}
