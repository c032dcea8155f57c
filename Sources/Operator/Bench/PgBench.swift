import FoundationEssentials
import Runtime

/// PostgreSQL's own load generator, as the limit beside us.
enum PgBench {
  /// Nil when it is not installed.
  static var program: String? {
    let versions = (15...30).reversed().map { "/usr/lib/postgresql/\($0)/bin/pgbench" }
    return (["/usr/bin/pgbench", "/usr/local/bin/pgbench"] + versions).first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// Transactions a second of a script that so many clients run for so long; nil when pgbench is not installed. Throws
  /// when it fails.
  static func rate(_ url: String, script: String, clients: Int, seconds: Int) async throws -> Double? {
    guard let program else { return nil }
    let scriptPath = "/tmp/syncline-pgbench-\(UUIDText.random()).sql"
    let logPath = scriptPath + ".log"
    defer { for path in [scriptPath, logPath] { try? FileManager.default.removeItem(atPath: path) } }
    try script.write(toFile: scriptPath, atomically: false, encoding: .utf8)
    let child = try LeashedProcess(
      program,
      ["-n", "-M", "prepared", "-c", "\(clients)", "-j", "2", "-T", "\(seconds)", "-f", scriptPath, url],
      environment: ["PATH": "/usr/bin:/bin"], logPath: logPath)
    let status = await child.wait()
    let log = (try? readTextFile(logPath)) ?? ""
    guard status == 0, let line = log.split(separator: "\n").last(where: { $0.hasPrefix("tps = ") }),
      let rate = Double(line.dropFirst(6).prefix { $0 != " " })
    else { throw CommandError(.failure, "BENCH_FAILED", "pgbench: \(log.suffix(300))") }
    return rate
  }
}
