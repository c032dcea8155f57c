import Glibc
import Runtime
import TestKit
import Testing

/// The program itself, started while what it needs is away.
@Suite("Services away at the start")
struct AwayTests {
  private func says(_ process: WorkerProcess, _ path: String, _ status: Int, _ text: String) async throws -> Bool {
    let answer = try await process.get(path)
    return answer.status == status && answer.text.contains(text)
  }

  private func lines(_ process: WorkerProcess, _ text: String) -> Int {
    process.log.split(separator: "\n").count { $0.contains(text) }
  }

  private func proxy(_ bootstrapServers: String) throws -> FaultProxy {
    let port = try #require(bootstrapServers.split(separator: ":").last.flatMap { Int($0) })
    return try FaultProxy.start(.tcp("127.0.0.1", port))
  }

  @Test("Without Kafka a worker lives, is not ready, says once why, and begins by itself when Kafka is there")
  func workerWithoutKafka() async throws {
    try await WorkerWorld.with { world in
      let proxy = try proxy(world.kafka.bootstrapServers)
      proxy.set(.refuse)
      let worker = try world.spawnWorker(["KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:\(proxy.port)"])
      try await until("it says what it waits for") {
        try await says(worker, "/readyz", 503, "kafka is not reachable: 127.0.0.1:")
      }
      #expect(try await says(worker, "/livez", 200, "ok"))
      // What needs no Kafka goes on: it says in the database that it lives.
      try await until("it is seen") { try await world.count("live_worker") == 1 }
      #expect(try await worker.get("/readyz").text.split(separator: "\n").count == 1, "nothing else is missing")
      #expect(lines(worker, "waiting for Kafka") == 1)
      proxy.set(.pass)
      try await until("it is ready") { try await says(worker, "/readyz", 200, "ok") }
      #expect(lines(worker, "over: waiting for Kafka") == 1)
      worker.signal(SIGTERM)
      #expect(await worker.wait() == 0)
      proxy.stop()
    }
  }

  @Test("A scheduler without Kafka leads and is not ready; both end with 0 when they are told to while they wait")
  func schedulerWithoutKafka() async throws {
    try await WorkerWorld.with { world in
      let nowhere = "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:\(try FaultProxy.freePort())"
      let worker = try world.spawnWorker([nowhere])
      let scheduler = try world.spawnScheduler(jobs: "jobs: []", [nowhere])
      for process in [worker, scheduler] {
        try await until("it says what it waits for") {
          try await says(process, "/readyz", 503, "kafka is not reachable: 127.0.0.1:")
        }
        #expect(try await says(process, "/livez", 200, "ok"))
        #expect(lines(process, "waiting for Kafka") == 1)
      }
      try await until("it leads") { try await world.count("scheduler_lease WHERE expires_at > now()") == 1 }
      for process in [worker, scheduler] {
        process.signal(SIGTERM)
        #expect(await process.wait() == 0)
      }
    }
  }

  @Test(
    "Without Postgres, at the start, worker and scheduler live, are not ready, say once why, and begin by themselves")
  func withoutPostgres() async throws {
    let server = try await TestDatabase.embedded()
    let proxy = try FaultProxy.start(.unix(server.socketPath))
    proxy.set(.refuse)
    try await WorkerWorld.with(.of { $0.server = server }) { world in
      let name = world.databaseURL.split(separator: "?")[0].split(separator: "/").last ?? ""
      let address = "127.0.0.1:\(proxy.port)/\(name)?sslmode=disable&gssencmode=disable"
      let url = "DATABASE_URL=postgresql://postgres@\(address)"
      let worker = try world.spawnWorker([url])
      let scheduler = try world.spawnScheduler(jobs: "jobs: []", [url])
      for (process, line) in [(worker, "waiting for the database"), (scheduler, "the scheduler waits")] {
        try await until("it says what it waits for") {
          try await says(process, "/readyz", 503, "postgres is not reachable")
        }
        #expect(try await says(process, "/livez", 200, "ok"))
        try await until("the log says so") { lines(process, line) == 1 }
        try await until("so do the metrics") { try await process.metrics().contains("\nsyncline_database_up 0\n") }
      }
      proxy.set(.pass)
      for process in [worker, scheduler] {
        try await until("it is ready") { try await says(process, "/readyz", 200, "ok") }
        try await until("the metrics say so") { try await process.metrics().contains("\nsyncline_database_up 1\n") }
        process.signal(SIGTERM)
        #expect(await process.wait() == 0)
      }
    }
    proxy.stop()
  }
}
