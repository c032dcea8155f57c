import FoundationEssentials
import PEMS
import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// A new operator's first hour: what goes wrong one after the other, and the commands of README's "What to do when"
/// that find it, explain it and mend it, run through the program itself.
@Suite struct FirstHourTests {
  @Test(
    """
    A poison message, an unknown tenant, a failed upstream, a paused queue, a conflict, a mass discontinuation, a stuck \
    job and a lagging partition (S2-31): found, explained and mended as the README says
    """)
  func hour() async throws {
    let options = WorkerWorld.Options.of {
      $0.records = 60
      $0.pageSize = 20
    }
    try await WorkerWorld.with(options) { world in
      let hour = try Hour(world)
      let worker = try world.spawnWorker()
      try await hour.run("sync run ORG", ["ORG": "RIO"], "--source sim --mode full --wait")
      try await hour.poison()
      try await hour.unknownTenant()
      try await hour.failedUpstream()
      try await hour.pausedQueue()
      try await hour.conflict()
      try await hour.massDiscontinuation()
      try await hour.stuckJob(worker)
    }
  }
}

/// A world with an operator in it, who knows only what the README says.
private struct Hour {
  let world: WorkerWorld
  /// README's section, on one line.
  private let advice: String

  init(_ world: WorkerWorld) throws {
    self.world = world
    let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "README.md")
    let text = try String(contentsOf: readme, encoding: .utf8)
    let section = text.split(separator: "\n## What to do when\n").last?.split(separator: "\n# ").first ?? ""
    advice = section.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Runs a command that the README names, its capital words replaced; `more` is what belongs to this case alone.
  @discardableResult
  func run(
    _ command: String, _ values: [String: String] = [:], _ more: String = "", exit: ExitCode = .ok
  ) async throws -> CommandRun {
    // Alone, or with options behind it.
    let isNamed = ["`", " "].contains { advice.contains("`syncline \(command)\($0)") }
    #expect(isNamed, "the README does not say: syncline \(command)")
    let words = command.split(separator: " ").map { values[String($0)] ?? String($0) }
    let run = try await world.syncline("\(words.joined(separator: " ")) \(more)")
    #expect(run.code == exit.rawValue, "\(run.line): \(run.messages) \(run.data)")
    return run
  }

  /// The only object of a list.
  private func only(_ run: CommandRun) throws -> JSONValue {
    guard case .array(let rows) = try JSONValue(parsing: Array(run.data.utf8)), rows.count == 1 else {
      throw Unexpected(what: "not one row: \(run.line): \(run.data)")
    }
    return rows[0]
  }

  private func id(_ run: CommandRun) throws -> String {
    try #require(try JSONValue(parsing: Array(run.data.utf8))["id"]?.string, "\(run.line): \(run.data)")
  }

  func poison() async throws {
    let text = "no JSON at all"
    _ = try await world.producer.send(topic: world.topics.readSync, key: nil, value: Array(text.utf8))
    try await TestKit.until("it is kept") { try await world.count("dead_letter") == 1 }

    let found = try await run("dead-letters list", [:], "-o table")
    #expect(found.data.contains("INVALID_ENVELOPE") || found.data.contains("INVALID_JSON"), "\(found.data)")
    let letter = try only(try await run("dead-letters list"))
    let number = "\(letter["id"]?.integer ?? 0)"
    let shown = try await run("dead-letters show ID", ["ID": number])
    let content = try JSONValue(parsing: Array(shown.data.utf8))["message_value"]?.string
    #expect(content == text)

    // What is wrong stays wrong, however often it comes.
    try await run("dead-letters replay ID", ["ID": number], "--yes")
    try await TestKit.until("it was refused again") {
      try await world.lines("SELECT attempts || status FROM dead_letter") == ["2open"]
    }
    try await run("dead-letters discard ID", ["ID": number], "--reason 'a test' --yes")
    let left = try await run("dead-letters list")
    #expect(left.data == "[]\n")
  }

  func unknownTenant() async throws {
    let record = #"{"pfaId":"N-1","data":{"dor":"X","source":"Purchase","purchasePrice":1.5}}"#
    let event = CloudEvent(
      id: "new-1", source: "test", type: ReadSyncMessage.changedType, organization: "NEW",
      data: Array(#"{"organization":"NEW","record":\#(record)}"#.utf8))
    try await world.produce(event, key: "NEW/N-1")
    try await TestKit.until("it is kept") {
      try await world.lines("SELECT code FROM dead_letter WHERE status = 'open'") == ["UNKNOWN_ORGANIZATION"]
    }
    try await run("organizations add ORG", ["ORG": "NEW"], "--yes")
    try await run("dead-letters replay --code CODE", ["CODE": "UNKNOWN_ORGANIZATION"], "--yes")
    try await TestKit.until("it is applied") {
      try await world.lines("SELECT status FROM dead_letter WHERE code = 'UNKNOWN_ORGANIZATION'") == ["resolved"]
    }
    let rows = try await world.lines("SELECT pfa_id FROM pfa_mirror WHERE organization_id = 'NEW'")
    #expect(rows == ["N-1"])
  }

  func failedUpstream() async throws {
    world.pems.behave { $0.authorization = "Basic another" }
    let failed = try await run("sync run ORG", ["ORG": "RIO"], "--source sim --mode full --wait", exit: .failure)
    #expect(failed.messages.contains("AUTH"))

    let top = try await run("top --once", [:], "-o table")
    #expect(top.data.contains("FAILED") && top.data.contains("AUTH"))
    let job = try id(failed: try only(try await run("jobs list --state failed")))
    let why = try await run("jobs why JOB", ["JOB": job], "-o table")
    #expect(why.data.contains("AUTH") && why.data.contains("attempt 1"), "\(why.data)")

    world.pems.behave { $0.authorization = nil }
    let again = try await run("jobs retry JOB", ["JOB": job], "--reason 'password renewed' --yes")
    let end = try await world.waitForJob(try id(again))
    #expect(end.state == "succeeded")
  }

  private func id(failed row: JSONValue) throws -> String { try #require(row["id"]?.string) }

  func pausedQueue() async throws {
    try await run("queue pause KIND", ["KIND": "read_sync"], "--reason 'PEMS is down' --yes")
    let asked = try await run("sync run ORG", ["ORG": "RIO"], "--source sim --mode incremental")
    let job = try #require(try JSONValue(parsing: Array(asked.data.utf8))["id"]?.string)
    try await world.waitForJob(job, in: ["queued"])

    let why = try await run("jobs why JOB", ["JOB": job], "-o table")
    #expect(why.data.contains("is paused") && why.data.contains("PEMS is down"), "\(why.data)")
    let list = try await run("queue list", [:], "-o table")
    #expect(list.data.contains("PEMS is down"))
    try await run("queue resume KIND", ["KIND": "read_sync"])
    let end = try await world.waitForJob(job)
    #expect(end.state == "succeeded")
  }

  func conflict() async throws {
    try await world.permit("ann")
    let record = try #require(
      try await world.lines(
        """
        SELECT pfa_id FROM pfa_mirror WHERE organization_id = 'RIO' AND source = 'Rental' AND NOT is_discontinued
          AND monthly_rate IS NOT NULL ORDER BY pfa_id LIMIT 1
        """
      ).first)
    try await run(
      "drafts create ORG PFA", ["ORG": "RIO", "PFA": record], "--user ann --session s --set monthlyRate=4800")
    world.pems.update(organization: "RIO", pfaId: record, data: [.init("monthlyRate", .number("5100"))])
    try await run("sync run ORG", ["ORG": "RIO"], "--source sim --mode incremental --wait")
    try await run("drafts commit", [:], "--session s --user ann --wait --yes", exit: .conflict)

    let row = try only(try await run("conflicts list"))
    let conflict = try #require(row["id"]?.string)
    let shown = try await run("conflicts show CONFLICT", ["CONFLICT": conflict], "-o table")
    for value in ["monthlyRate", "4800", "5100"] { #expect(shown.data.contains(value), "\(shown.data)") }
    try await run(
      "conflicts resolve CONFLICT --take mine", ["CONFLICT": conflict], "--user ann --reason agreed --yes")
    let left = try await run("conflicts list")
    #expect(left.data == "[]\n")
    try await TestKit.until("PEMS has it") {
      try await world.lines("SELECT sync_state FROM pfa_modification") == ["synced"]
    }
  }

  func massDiscontinuation() async throws {
    let rows = world.pems.rows(organization: "RIO")
    for row in rows.suffix(rows.count / 2) { world.pems.remove(organization: "RIO", pfaId: row.pfaId) }
    try await run("sync run ORG", ["ORG": "RIO"], "--source sim --mode full --wait", exit: .findings)

    let job = try id(failed: try only(try await run("jobs list --state awaiting_approval")))
    let why = try await run("jobs why JOB", ["JOB": job], "-o table")
    #expect(why.data.contains("MASS_DISCONTINUE") && why.data.contains("approve"), "\(why.data)")
    let untouched = try await world.lines("SELECT count(*) FROM pfa_mirror WHERE swept_by IS NOT NULL")
    #expect(untouched == ["0"])
    try await run("jobs approve JOB", ["JOB": job], "--reason 'plant closed' --yes")
    let end = try await world.waitForJob(job, in: ["succeeded"])
    #expect(end.state == "succeeded")
    let swept = try await world.lines("SELECT count(*) > 0 FROM pfa_mirror WHERE swept_by IS NOT NULL")
    #expect(swept == ["t"])
  }

  /// Its worker dies in the middle of a read, and messages come that nobody takes.
  func stuckJob(_ worker: WorkerProcess) async throws {
    world.pems.fail(SimulatedFault(.hang))
    let asked = try await run("sync run ORG", ["ORG": "RIO"], "--source sim --mode full")
    let job = try #require(try JSONValue(parsing: Array(asked.data.utf8))["id"]?.string)
    try await world.waitForJob(job, in: ["running"])
    await worker.kill()
    for number in 1...3 {
      let record = #"{"pfaId":"L-\#(number)","data":{"dor":"X","source":"Purchase","purchasePrice":2}}"#
      let event = CloudEvent(
        id: "late-\(number)", source: "test", type: ReadSyncMessage.changedType, organization: "RIO",
        data: Array(#"{"organization":"RIO","record":\#(record)}"#.utf8))
      try await world.produce(event, key: "RIO/L", partition: 2)
    }

    let lag = try await run("lag")
    let behind = try rows(lag).filter { ($0["lag"]?.integer ?? 0) > 0 }
    #expect(behind.count == 1 && behind.first?["lag"]?.integer == 3 && behind.first?["partition"]?.integer == 2)
    #expect(behind.first?["owner"]?.string?.hasPrefix("worker-\(worker.pid)-") == true, "it says whom to look for")
    try await TestKit.until("its lease is past") {
      try await run("jobs why JOB", ["JOB": job], "-o table").data.contains("went silent; ")
    }

    #expect(advice.contains("`syncline worker`"))
    _ = try world.spawnWorker()
    let end = try await world.waitForJob(job)
    #expect(end.state == "succeeded")
    try await TestKit.until("nothing is behind") {
      try rows(try await run("lag")).allSatisfy { ($0["lag"]?.integer ?? 0) == 0 }
    }
  }

  private func rows(_ run: CommandRun) throws -> [JSONValue] {
    guard case .array(let rows) = try JSONValue(parsing: Array(run.data.utf8)) else {
      throw Unexpected(what: "no list: \(run.data)")
    }
    return rows
  }
}
