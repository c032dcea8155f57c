import FoundationEssentials
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// Configurations that can not work, and what is said of them.
@Suite struct ConfigurationTests {
  private func withJobs(_ text: String, _ body: (String) async throws -> Void) async throws {
    let path = "/tmp/syncline-jobs-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path + "/a.yaml"))
    try await body(path)
    try FileManager.default.removeItem(atPath: path)
  }

  @Test(
    "A connection string that libpq can not use is a usage error, without its password",
    arguments: [
      "postgresql://u:hush@h:port/db", "postgresql://u:hush@h/db?nonsense=1", "host=h password=hush port=70000",
      "postgresql://u:hush@h/db?sslmode=maybe", "host=h password=hush 'x",
    ])
  func database(url: String) async throws {
    let ran = await program(["jobs", "list"], environment: ["DATABASE_URL": url])
    #expect(ran.code == .usage && ran.messages.contains("SETTING_INVALID: DATABASE_URL"), "\(ran.messages)")
    #expect(!ran.messages.contains("hush"))
  }

  @Test(
    "A property that librdkafka does not know, or a value it does not take, is a usage error; a secret is not shown")
  func kafka() async throws {
    let ran = await program(
      ["topics", "list"],
      environment: [
        "KAFKA_BOOTSTRAP_SERVERS": "h:1", "SYNCLINE_KAFKA_NO_SUCH_THING": "1", "SYNCLINE_KAFKA_LINGER_MS": "soon",
        "SYNCLINE_KAFKA_SSL_KEY_PASSWORD": "hush",
      ])
    #expect(ran.code == .usage)
    #expect(ran.messages.contains("SYNCLINE_KAFKA_NO_SUCH_THING") && ran.messages.contains("SYNCLINE_KAFKA_LINGER_MS"))
    #expect(!ran.messages.contains("SSL_KEY_PASSWORD") && !ran.messages.contains("hush"))
  }

  @Test("Faults of settings and of the jobs directory are told together", arguments: ["worker", "scheduler"])
  func together(command: String) async throws {
    try await withJobs("sources:\n  - name: pems\n    kind: teleport\n") { path in
      let ran = await program([command], environment: ["SYNCLINE_JOBS_DIR": path, "SYNCLINE_LOG_LEVEL": "loud"])
      #expect(ran.code == .usage)
      for part in ["SYNCLINE_LOG_LEVEL", "DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "INVALID_JOBS", "a.yaml:3"] {
        #expect(ran.messages.contains(part), "\(part): \(ran.messages)")
      }
    }
  }

  @Test("A jobs file that can not be read stops a sync that names a source of it, and is told otherwise", .syncDatabase)
  func brokenJobs() async throws {
    try await withJobs("sources:\n  - name: pems\n    kind: teleport\n") { path in
      let environment = ["SYNCLINE_JOBS_DIR": path, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"]
      let named = try await syncline(["sync", "run", "RIO", "--source", "pems"], environment: environment)
      #expect(named.code == .usage && named.messages.contains("INVALID_JOBS"), "\(named.messages)")
      let other = try await syncline(["sync", "run", "RIO", "--source", "files"], environment: environment)
      #expect(other.code == .unreachable && other.messages.contains("do not concern files"), "\(other.messages)")
    }
  }

  @Test("A schedule in a time zone that this machine does not have is a finding with what to install", .syncDatabase)
  func timeZone() async throws {
    let jobs = """
      jobs:
        - name: prove
          kind: kpi_verify
          organizations: [RIO]
          cron: "0 3 * * *"
          timeZone: Europe/Berlin

      """
    try await withJobs(jobs) { path in
      for (directory, status) in [("/nonexistent", "error"), ("/usr/share/zoneinfo", "ok")] {
        let ran = try await syncline(["doctor"], environment: ["SYNCLINE_JOBS_DIR": path, "TZDIR": directory])
        let row = try #require(try ran.objects.first { $0["name"]?.string == "schedules" }, "\(ran.data)")
        #expect(row["status"]?.string == status, "\(row)")
        #expect(status == "ok" || row["remedy"]?.string?.contains("tzdata") == true)
      }
    }
  }

  @Test("A byte order mark before a --config file and before the JSON of --file is no fault", .syncDatabase)
  func byteOrderMark() async throws {
    try await withJobs("\u{FEFF}DATABASE_URL=\(try SyncDatabase.current.url)\n") { path in
      let ran = await program(["jobs", "list", "--config", path + "/a.yaml"])
      #expect(ran.code == .ok, "\(ran.messages)")
    }
    try await withJobs("\u{FEFF}{\"type\":\"drop_table\",\"table_id\":\"x\"}") { path in
      let ran = try await syncline("schema", "plan", "none", "--file", path + "/a.yaml")
      #expect(ran.code == .noSuchProject, "\(ran.messages)")
    }
  }

  @Test("A path that a command line gives and that can not be read is usage, whichever option names it", .syncDatabase)
  func unreadable() async throws {
    for line in [["schema", "plan", "plan", "--file", "/nope"], ["jobs", "list", "--config", "/nope"]] {
      let ran = try await syncline(line)
      #expect(ran.code == .usage && ran.messages.contains("/nope: No such file"), "\(ran.messages)")
    }
  }

  @Test("A jobs directory that is not there is named without a line")
  func noDirectory() async {
    let environment = ["SYNCLINE_JOBS_DIR": "/nope", "DATABASE_URL": "postgresql://127.0.0.1:1/x"]
    let ran = await program(["jobs", "schedule"], environment: environment)
    #expect(ran.code == .usage && ran.messages.contains("/nope: cannot read this directory"), "\(ran.messages)")
    #expect(ran.messages.contains("or set SYNCLINE_JOBS_DIR to one") && !ran.messages.contains("mend the file"))
  }

  @Test("dev refuses an organization that can be none as 'organizations add' does, before it starts anything")
  func devOrganization() async {
    for id in ["", " RIO", "a\u{1B}b"] {
      let ran = await program(["dev", "--organization", id])
      #expect(ran.code == .invalid && ran.messages.contains("INVALID_ORGANIZATION"), "\(ran.messages)")
    }
  }

  @Test("--version is version")
  func version() async {
    let flag = await program(["--version"])
    let verb = await program(["version"])
    #expect(flag.code == .ok && flag.data == verb.data)
    #expect(await program(["jobs", "--version"]).code == .usage)
  }
}
