import FoundationEssentials
import Postgres
import Runtime
import SyncStore
import TestKit
import Testing

@testable import Operator

/// Reports from a real streaming replica.
@Suite struct ReplicaTests {
  @Test("S1-55 Reports are read from the replica, also while the primary is away; everything else is the primary's")
  func reports() async throws {
    let scratch = try Scratch()
    let primary = try await EmbeddedPostgres.start()
    try await WorkerWorld.with(.of { ($0.records, $0.server) = (40, primary) }) { world in
      let home = "\(scratch.path)/home"
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      try await ServerCopy.take(of: world.databaseURL, into: home, options: "--write-recovery-conf")
      let standby = try await EmbeddedPostgres.start(directory: home)
      let name = try await world.lines("SELECT current_database()")[0]
      let variable = SettingDefinition.readDatabaseURL.name
      let environment = [
        "DATABASE_URL": world.databaseURL,
        variable: TestDatabase.replacingDatabase(in: standby.url(), with: name),
      ]
      let worker = try world.startWorker()
      #expect(try await world.sync().state == "succeeded")
      await worker.stop()

      let reports = [
        ["kpi", "show", "RIO"], ["timeline", "show", "RIO"], ["log", "list"],
        ["schema", "history"],
      ]
      var expected: [String] = []
      for report in reports {
        let here = await program(report, environment: ["DATABASE_URL": world.databaseURL])
        #expect(here.code == .ok && !here.data.isEmpty, "\(report): \(here.messages)")
        expected.append(here.data)
      }
      try await until("the replica has what the primary has") {
        await program(reports[0], environment: environment).data == expected[0]
      }
      let doctor = await program(["doctor"], environment: environment)
      #expect(
        try doctor.objects.contains { $0["name"]?.string == "read replica" && $0["status"]?.string == "ok" },
        "\(doctor.data)")
      // A wrong name of the replica does not concern what is the primary's.
      let lost = environment.merging([variable: "host=/nowhere dbname=x"]) { $1 }
      #expect(await program(["kpi", "verify"], environment: lost).code == .ok)
      #expect(await program(["jobs", "list"], environment: lost).code == .ok)
      let unreachable = await program(reports[0], environment: lost)
      #expect(unreachable.code == .unreachable && unreachable.messages.contains(variable), "\(unreachable.messages)")

      await world.connection.close()
      await primary.stop()
      for (report, data) in zip(reports, expected) {
        let there = await program(report, environment: environment)
        #expect(there.code == .ok && there.data == data, "\(report): \(there.messages)")
      }
      // It says for what time, which goes on.
      #expect(await program(["kpi", "explain", "RIO"], environment: environment).code == .ok)
      #expect(await program(["kpi", "verify"], environment: environment).code == .unreachable)
      #expect(await program(["kpi", "rebuild", "RIO", "--yes"], environment: environment).code == .unreachable)
      await standby.stop()
    }
  }

  @Test("What the doctor says of a replica")
  func judged() {
    func judge(_ isStandby: Bool, _ seconds: Int64, _ isCurrent: Bool) -> Check.Status {
      ReplicaChecks.judge(.init(isStandby: isStandby, seconds: seconds), isCurrent: isCurrent).status
    }
    #expect(judge(true, 60, true) == .ok)
    #expect(judge(true, 61, true) == .warning)
    #expect(judge(false, 0, true) == .note)
    #expect(judge(true, 0, false) == .error)
  }
}
