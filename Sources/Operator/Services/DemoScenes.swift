import Runtime
import SyncDomain

extension DemoStep {
  /// Totals are never wrong, and that can be proved at any time.
  static let totals = DemoStep("the totals are what the records say") { stage in
    try await stage.run("kpi verify")
    try await stage.run("kpi show \(DemoStory.organization)", head: 9)
  }

  /// Only what changed travels.
  static let incrementalSync = DemoStep("\(changes) records change upstream; an incremental sync") { stage in
    let organization = DemoStory.organization
    let rows = stage.services.pems.rows(organization: organization)
    let step = rows.count / changes
    for index in 0..<changes {
      stage.services.pems.update(
        organization: organization, pfaId: rows[index * step].pfaId,
        data: [.init("forecastEnd", .string("2028-06-30")), .init("purchasePrice", .number("99999.99"))])
    }
    try await stage.run("sync run \(organization) --source pems --mode incremental --wait")
    let log = try await stage.newestLog()
    try stage.check(
      log.counts == ["received": Int64(changes), "updated": Int64(changes)],
      "\(changes) received, \(changes) updated, nothing else touched")
    try await stage.check(DemoExpectation(stage, organization))
  }

  /// What can not be applied stands alone and is kept.
  static let badInput = DemoStep("a poison record and a message that is none") { stage in
    let organization = DemoStory.organization
    guard let poisoned = stage.services.pems.rows(organization: organization).first?.pfaId else { return }
    stage.services.pems.update(organization: organization, pfaId: poisoned)
    stage.services.pems.poison(organization: organization, pfaId: poisoned, .nul)
    try await stage.run("sync run \(organization) --source pems --mode incremental --wait")
    let log = try await stage.newestLog()
    try stage.check(
      log.counts == ["received": Int64(changes) + 1, "unchanged": Int64(changes), "rejected": 1],
      "\(poisoned) alone is rejected; the \(changes) read again because of the overlap are unchanged")
    try await stage.run("log show \(log["id"]?.integer ?? 0)")

    let settings = try stage.settings
    let message = "no JSON at all"
    stage.say("$ echo -n '\(message)' | kcat -P -b \(settings.bootstrapServers ?? "") -t \(settings.topics.readSync)")
    try await stage.send(Array(message.utf8))
    let letter = try await stage.deadLetter()
    try stage.check(letter["message_value"]?.string == message, "it is kept with every byte, and its partition goes on")
    try await stage.run("dead-letters show \(letter["id"]?.integer ?? 0)")
  }

  /// Where an operator looks.
  static let tables = DemoStep("the tables an operator looks at") { stage in
    let organization = DemoStory.organization
    try await stage.run("jobs list")
    try await stage.run("log list")
    try await stage.run("kpi show \(organization)", head: 5)
    try await stage.run("timeline show \(organization)")
    let timeline = try await stage.facts("timeline show \(organization)")
    let active = try DemoExpectation(stage, organization).active
    try stage.check(timeline["total_records"]?.integer == active, "\(grouped(active)) active records")
    try await stage.run("dead-letters list")
    try await stage.run("lag")
    try await stage.run("kpi verify")
  }

  private static let changes = 25
}

extension DemoStage {
  /// The newest row of the log, as `log list -o json` has it.
  fileprivate func newestLog() async throws -> JSONValue {
    guard
      case .array(let rows) = try await facts("log list --organization \(DemoStory.organization) --limit 1"),
      let row = rows.first
    else { throw CommandError(.failure, "DEMO_FAILED", "the sync log has no row of \(DemoStory.organization)") }
    return row
  }

  /// The dead letter, once there is one.
  fileprivate func deadLetter() async throws -> JSONValue {
    let deadline = Deadline(after: .seconds(20))
    while !deadline.hasPassed {
      if case .array(let letters) = try await facts("dead-letters list --limit 1"),
        let id = letters.first?["id"]?.integer
      {
        return try await facts("dead-letters show \(id)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw CommandError(.failure, "DEMO_FAILED", "the message did not become a dead letter: \(workers.lastWords)")
  }
}
