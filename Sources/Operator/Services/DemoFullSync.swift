import Runtime
import SyncDomain

extension DemoStep {
  /// Everything once, although a worker dies half-way.
  static let fullSync = DemoStep("full sync; one of two workers is killed half-way") { stage in
    let organization = DemoStory.organization
    async let killing: Void = killHalfWay(stage)
    try await stage.run("sync run \(organization) --source pems --mode full --wait")
    try await killing
    try stage.check(
      stage.workers.said("job taken over"), "the other worker took the job over when the lease of the dead one ran out")

    let job = try await stage.newestJob()
    let log = try await stage.facts("log show \(job?.id ?? "")")
    let records = Int64(stage.records)
    try stage.check(
      log.counts == ["received": records, "inserted": records],
      "every record applied once: received \(grouped(records)) = inserted \(grouped(records)); nothing stale or unchanged"
    )

    try await stage.run("sync run \(DemoStory.neighbour) --source pems --mode full --wait")
    try await stage.check(DemoExpectation(stage, organization))
    try await stage.check(DemoExpectation(stage, DemoStory.neighbour))
  }

  /// Waits for half of the records, then kills the worker that drives the job.
  private static func killHalfWay(_ stage: DemoStage) async throws {
    while true {
      try await Task.sleep(for: .milliseconds(20))
      guard let job = try await stage.newestJob() else { continue }
      if job.progress.state.isFinal {
        throw CommandError(.failure, "DEMO_FAILED", "the job ended before half of its records were applied")
      }
      guard job.progress.applied >= Int64(stage.records) / 2, let owner = job.owner else { continue }
      guard let pid = await stage.workers.kill(owner) else {
        throw CommandError(.failure, "DEMO_FAILED", "the job is driven by '\(owner)', which is no worker of this demo")
      }
      let applied = grouped(job.progress.applied)
      stage.say("$ kill -9 \(pid)   # \(owner), which drives the job; \(applied) records are applied")
      stage.say("its lease runs out after 12 s without a sign of life; then the other worker goes on")
      return
    }
  }
}

extension JSONValue {
  /// The counts of a log row that are not zero.
  var counts: [String: Int64] {
    let names = [
      "received", "inserted", "updated", "unchanged", "stale", "discontinued", "conflicted", "rejected", "swept",
    ]
    var counts: [String: Int64] = [:]
    for name in names {
      if let count = self[name]?.integer, count != 0 { counts[name] = count }
    }
    return counts
  }
}
