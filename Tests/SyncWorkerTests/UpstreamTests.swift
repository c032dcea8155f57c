import Glibc
import PEMS
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// What a read sync makes of an upstream that misbehaves (domain.md 1.1).
@Suite("Upstream")
struct UpstreamTests {
  private func id(_ index: Int) -> String { RecordGenerator(seed: 1, organization: "RIO").pfaId(index: index) }

  /// A worker whose pauses before another try are short, and that never leaves the upstream alone.
  private func startWorker(_ world: WorkerWorld, log: Log? = nil) throws -> RunningWorker {
    try world.startWorker {
      if let log { $0.log = log }
      $0.sourceClock = .hundredfold
      $0.jobRetry = RetryPolicy(steps: [0.3], cap: 0.3, attempts: 6, jitter: 0)
      $0.breaker.threshold = 100
    }
  }

  @Test(
    "R9, R10, R12: refusals with Retry-After, alerts with 200 and broken connections are tried again, and the run is complete"
  )
  func passingTrouble() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 500
        $0.pageSize = 100
      }
    ) { world in
      let worker = try startWorker(world)
      world.pems.fail(SimulatedFault(.status(429, retryAfter: "2"), page: 1))
      world.pems.fail(SimulatedFault(.status(503), page: 2))
      world.pems.fail(SimulatedFault(.hangUp, page: 3))
      world.pems.fail(SimulatedFault(.cut, page: 3))
      world.pems.fail(SimulatedFault(.errorAlert("The service is temporarily unavailable"), page: 4))
      world.pems.fail(SimulatedFault(.partial, page: 5))
      let job = try await world.sync()
      #expect(job.state == "succeeded" && job.result == "clean", "\(job)")
      #expect(try await world.logRow(job.id)?.inserted == 500)
      #expect(worker.metric(MetricCatalog.retries, [("code", "UPSTREAM_RATE_LIMITED")]) == 1)
    }
  }

  @Test(
    "R2, R21, M9-2: a page that fails for long leaves the run open with its checkpoint; it goes on there, under the same job"
  )
  func stuckPage() async throws {
    let path = "/tmp/syncline-log-\(UUIDText.random())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer {
      close(descriptor)
      unlink(path)
    }
    try await WorkerWorld.with(
      .of {
        $0.records = 600
        $0.pageSize = 100
      }
    ) { world in
      _ = try startWorker(world, log: Log(level: .warning, format: .json, descriptor: descriptor))
      // Four tries of the source are one attempt of the job.
      world.pems.fail(SimulatedFault(.status(503), page: 3, times: 9))
      let id = try await world.requestSync()
      let waiting = try await world.waitForJob(id, in: ["retrying"])
      #expect(waiting.code == "UPSTREAM_UNAVAILABLE")
      let note = try JSONValue(parsing: Array(waiting.progress.utf8))["upstream"]
      #expect(
        note?["source"]?.string == "sim" && note?["code"]?.string == "UPSTREAM_UNAVAILABLE", "\(waiting.progress)")
      #expect(
        note?["place"]?.string == String(world.pems.url.dropFirst("http://".count))
          && note?["message"]?.string?.contains("503") == true)
      #expect((note?["since"]?.string ?? "~") < (note?["next_at"]?.string ?? ""))
      #expect(try await world.logRow(id)?.status == "running")
      #expect(try await world.lines("SELECT complete FROM read_checkpoint") == ["f"])
      #expect(try await world.lines("SELECT count(*) FROM source_watermark") == ["0"])
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 3 && job.code == nil, "\(job)")
      #expect(!job.progress.contains("upstream"), "it answers again")
      let log = try #require(try await world.logRow(id))
      #expect(log.inserted == 600 && log.received == 600 && log.code == nil)
      // Six pages, nine failures: what was applied is not asked for again.
      #expect(world.pems.requests == 15)
      // Each line says of which job and upstream it is, and why.
      let lines = try readTextFile(path).split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
      for (message, count) in [("the upstream is asked again", 7), ("the job is tried again later", 2)] {
        let told = lines.filter { $0["message"]?.string == message }
        #expect(told.count == count, "\(message)")
        for line in told {
          #expect(line["job"]?.string == id && line["organization"]?.string == "RIO")
          #expect(line["cause"]?.string?.contains("503") == true && line["seconds"] != nil)
        }
      }
      let place = world.pems.url.dropFirst("http://".count)
      #expect(lines.contains { $0["upstream"]?.string?.hasPrefix("\(place)/") == true })
    }
  }

  @Test(
    "R2, M9-2: a page that never comes fails the job in the end; what was applied stays, no watermark is stored, nothing is swept"
  )
  func lostPage() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 300
        $0.pageSize = 100
      }
    ) { world in
      try world.startWorker {
        $0.sourceClock = .hundredfold
        $0.jobRetry = RetryPolicy(steps: [0.05], cap: 0.05, attempts: 2, jitter: 0)
        $0.breaker.threshold = 100
      }
      world.pems.fail(SimulatedFault(.hangUp, page: 2, times: 1_000))
      let job = try await world.sync()
      #expect(job.state == "failed")
      let log = try #require(try await world.logRow(job.id))
      #expect(log.status == "failed" && log.received == 100 && log.swept == 0 && log.isClosed)
      #expect(try await world.count("source_watermark") == 0)
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test("R9: a read of an upstream that is left alone waits, says so and costs no attempt; it goes on by itself")
  func leftAlone() async throws {
    try await WorkerWorld.with(.of { $0.records = 10 }) { world in
      try world.startWorker {
        $0.sourceClock = .hundredfold
        $0.breaker = CircuitBreaker.Policy(
          threshold: 4, rest: RetryPolicy(steps: [0.2], cap: 0.4, attempts: nil, jitter: 0.5))
      }
      try await world.sync()
      try await world.execute(
        """
        UPDATE upstream_budget SET openings = 1, open_since = now(), open_until = now() + interval '1 hour',
          error_code = 'UPSTREAM_UNAVAILABLE', error_message = 'sim: the upstream answered 500'
        """)
      let asked = world.pems.requests
      let id = try await world.requestSync()
      let waiting = try await world.waitForJob(id, in: ["retrying"])
      #expect(waiting.code == "CIRCUIT_OPEN" && waiting.attempt == 0, "\(waiting)")
      let note = try JSONValue(parsing: Array(waiting.progress.utf8))["upstream"]
      #expect(note?["code"]?.string == "CIRCUIT_OPEN")
      #expect(note?["message"]?.string?.contains("UPSTREAM_UNAVAILABLE: sim: the upstream answered 500") == true)
      #expect(world.pems.requests == asked)
      try await world.execute("UPDATE upstream_budget SET open_until = now()")
      try await world.execute("UPDATE sync_job SET run_at = now() WHERE state = 'retrying'")
      let job = try await world.waitForJob(id)
      #expect(job.state == "succeeded" && job.attempt == 1 && !job.progress.contains("upstream"), "\(job)")
      #expect(try await world.lines("SELECT openings, failures, error_code FROM upstream_budget") == ["0|0|∅"])
    }
  }

  @Test("R11: a refused login fails the job at once, with one request")
  func login() async throws {
    try await WorkerWorld.with(.of { $0.records = 10 }) { world in
      let worker = try startWorker(world)
      world.pems.behave { $0.authorization = "Basic nobody" }
      let job = try await world.sync()
      #expect(job.state == "failed" && job.code == "AUTH" && job.attempt == 1)
      #expect(world.pems.requests <= 1)
      #expect(worker.metric(MetricCatalog.retries, [("code", "AUTH")]) == 0, "what is not tried again is no retry")
      #expect(try await world.logRow(job.id)?.status == "failed")
    }
  }

  @Test("R13, S1-39: a new field is kept in data and noted once, the run is clean")
  func newField() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 120
        $0.pageSize = 50
      }
    ) { world in
      _ = try startWorker(world)
      world.pems.behave { $0.newField = "pfs_f_colour" }
      let job = try await world.sync()
      #expect(job.result == "clean")
      #expect(try await world.lines("SELECT source, field FROM field_drift") == ["sim|pfs_f_colour"])
      #expect(try await world.lines("SELECT count(*) FROM pfa_mirror WHERE data ->> 'pfs_f_colour' = 'new'") == ["120"])
      #expect(try await world.sync(.manual).result == "clean")
      #expect(try await world.count("field_drift") == 1)
    }
  }

  @Test("R14: a renamed critical field stops the run before anything is applied")
  func renamedField() async throws {
    try await WorkerWorld.with(.of { $0.records = 50 }) { world in
      _ = try startWorker(world)
      world.pems.behave { $0.renamed = ["pfs_f_source": "pfs_f_origin"] }
      let job = try await world.sync()
      #expect(job.state == "failed" && job.code == "SCHEMA_DRIFT" && job.attempt == 1)
      #expect(try await world.count("pfa_mirror") == 0)
      #expect(try await world.count("kpi_slot") == 0)
    }
  }

  @Test("R3, R4, M9-5: rows that move or come twice while the read goes on are applied once, newest first")
  func movedRow() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 300
        $0.pageSize = 50
      }
    ) { world in
      _ = try startWorker(world)
      world.pems.behave {
        $0.duplicatesRows = true
        $0.serverTime = 1_800_000_000_000
        $0.moves = [(page: 2, organization: "RIO", pfaId: id(10)), (page: 3, organization: "RIO", pfaId: id(250))]
      }
      let job = try await world.sync()
      #expect(job.state == "succeeded" && job.result == "clean")
      let log = try #require(try await world.logRow(job.id))
      #expect(log.isClosed && log.inserted == 300 && log.swept == 0)
      #expect(try await world.count("pfa_mirror") == 300)
      let expected = world.pems.rows(organization: "RIO").sorted { $0.pfaId < $1.pfaId }.map {
        "\($0.pfaId)|\($0.modified)"
      }
      #expect(try await world.lines("SELECT pfa_id, source_block FROM pfa_mirror ORDER BY pfa_id") == expected)
      #expect(try await world.kpiDifferences() == [])
    }
  }

  @Test(
    "R17, R19, M9-4, M9-6, M9-7: poison rows of every kind are rejected alone, each with code and raw value, and the run says so"
  )
  func poison() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 400
        $0.pageSize = 400
      }
    ) { world in
      _ = try startWorker(world)
      let kinds: [(SimulatedPoison, String)] = [
        (.nul, "NUL_CHARACTER"), (.loneSurrogate, "LONE_SURROGATE"), (.invalidUTF8, "INVALID_UTF8"),
        (.oversizeNumber, "NUMBER_OUT_OF_RANGE"), (.foreignOrganization, "ORGANIZATION_MISMATCH"),
        (.missingId, "MISSING_PFA_ID"),
      ]
      for (index, (kind, _)) in kinds.enumerated() {
        world.pems.poison(organization: "RIO", pfaId: id(index * 7), kind)
      }
      world.pems.poison(organization: "RIO", pfaId: id(77), .badTypes)
      // An index row has a third of a page; the text does not compress.
      var random = SplitMix64(seed: 7)
      let long = (0..<10_000).map { _ in String(random.below(36), radix: 36) }.joined()
      world.pems.update(organization: "RIO", pfaId: id(88), data: [.init("category", .string(long))])
      let job = try await world.sync()
      #expect(job.state == "succeeded" && job.result == "with_rejects", "\(job)")
      let log = try #require(try await world.logRow(job.id))
      #expect(
        log.status == "completed_with_errors" && log.rejected == 7 && log.inserted == 393 && log.isClosed, "\(log)")
      let issues = try await world.lines(
        "SELECT code, pfa_id, raw IS NOT NULL FROM sync_record_issue WHERE rejected AND job_id = '\(job.id)' ORDER BY code"
      )
      var expected = kinds.enumerated().map { index, kind in
        kind.0 == .missingId ? "\(kind.1)|∅|" : "\(kind.1)|\(id(index * 7))|t"
      }
      expected.append("REFUSED_54000|\(id(88))|t")
      #expect(issues.map { $0.hasPrefix("MISSING_PFA_ID") ? "MISSING_PFA_ID|∅|" : $0 } == expected.sorted())
      let fields = try await world.lines(
        "SELECT field, code, raw FROM sync_record_issue WHERE NOT rejected ORDER BY field")
      #expect(
        fields == [
          "forecastStart|INVALID_DATE|31-FEB-2025", "isActualized|INVALID_BOOLEAN|maybe",
          "monthlyRate|INVALID_NUMBER|12,34,56",
        ])
      // Who waits is told as well, whatever the exit code says of the run.
      let again = try await world.syncline("sync run RIO --source sim --mode full --wait")
      #expect(again.code == 0 && again.messages.contains("not all is as the source has it, first "), "\(again)")
      #expect(again.messages.contains("see 'syncline log show "))
      #expect(
        try await world.lines("SELECT monthly_rate, forecast_start FROM pfa_mirror WHERE pfa_id = '\(id(77))'") == [
          "∅|∅"
        ])
      #expect(try await world.kpiDifferences() == [])
      // Rejected rows were seen upstream: they are no orphans, neither now nor when they are healed.
      for index in kinds.indices { world.pems.poison(organization: "RIO", pfaId: id(index * 7), nil) }
      let healed = try await world.sync()
      #expect(try await world.logRow(healed.id)?.inserted == 6)
    }
  }
}
