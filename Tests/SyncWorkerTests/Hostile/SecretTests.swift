import Glibc
import PEMS
import Runtime
import SyncDomain
import TestKit
import Testing

/// Secrets stay where they were given.
@Suite("Secrets")
struct SecretTests {
  @Test(
    "contract 2: secrets of Postgres, Kafka and PEMS are in no log, row, metric or process list, also when they do not work"
  )
  func nowhere() async throws {
    let mark = "S3cr3t\(UUIDText.random().prefix(8))"
    try await WorkerWorld.with(
      .of {
        $0.records = 5
        $0.yaml = "    auth: {type: basic, user: reader, passwordEnv: PEMS_SECRET}\n"
      }
    ) { world in
      world.pems.behave { $0.authorization = "Basic bm9ib2R5Om5vYm9keQ==" }
      let secrets = [
        "SYNCLINE_LOG_LEVEL=debug", "PEMS_SECRET=pems-\(mark)", "SYNCLINE_KAFKA_SASL_PASSWORD=kafka-\(mark)",
        "SYNCLINE_KAFKA_SASL_USERNAME=worker",
      ]
      let worker = try world.spawnWorker(["DATABASE_URL=\(world.databaseURL)&password=pg-\(mark)"] + secrets)
      let job = try await world.waitForJob(try await world.requestSync())
      #expect(job.state == "failed" && job.code == "AUTH", "\(job)")
      try await world.apply([world.message(Array("{".utf8), headers: Events.headers())])
      var seen = ["log": worker.log, "metrics": try await worker.metrics()]
      seen["processes"] = try readTextFile("/proc/\(worker.pid)/cmdline")
      for table in try await world.lines("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") {
        seen[table] = try await world.lines("SELECT t::text FROM \(table) t").joined(separator: "\n")
      }
      // Nobody there, and a name that is none: both say where, not with what.
      let lost = try world.spawnWorker(["DATABASE_URL=postgresql://u:pg-\(mark)@127.0.0.1:1/x"] + secrets)
      try await until("it waits for the database") { lost.log.contains("waiting for the database") }
      seen["log of a worker without a database"] = lost.log
      let refused = try world.spawnWorker(["DATABASE_URL=postgresql://u:pg-\(mark)@h/x?bogus=pg-\(mark)"] + secrets)
      try await until("it says what is wrong") { !refused.log.isEmpty }
      refused.signal(SIGTERM)
      _ = await refused.wait()
      seen["log of a worker with a bad address"] = refused.log
      #expect(seen["log"]?.contains("AUTH") == true)
      let leaks = seen.filter { $0.value.contains(mark) }.keys.sorted()
      #expect(leaks == [])
    }
  }
}
