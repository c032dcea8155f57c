import FoundationEssentials
import Postgres
import Runtime
import SyncStore

extension DemoStep {
  /// What an operator who comes in the morning would ask: what ran, what failed and why, how to mend it.
  static let tour = DemoStep("an operator's tour: what ran, what failed and why, how to mend it") { stage in
    let overview = try await stage.overview()
    stage.say(
      stage.isKept
        ? "Each command below works in another shell once the environment at the end is pasted there."
        : "To paste the commands below, begin with 'syncline demo --keep': it stays, and prints the environment they need."
    )
    DemoTour.lines(overview).forEach(stage.say)
    if let page = stage.workers.page {
      stage.say("All of it on one page, while the worker runs: \(page)/")
    }
  }
}

/// The tour as text. Pure.
enum DemoTour {
  static func lines(_ overview: Overview) -> [String] {
    var lines = ["", "What ran"]
    let runs = overview.log.value ?? []
    for (status, rows) in Dictionary(grouping: runs, by: { $0.text("status") }).sorted(by: { $0.key < $1.key }) {
      let received = rows.map { $0.integer("received") }.reduce(0, +)
      lines.append(
        "  \(counted(rows.count, "run")) \(status.replacing("_", with: " ")), \(counted(Int(received), "record")) received"
      )
    }
    lines += command(["syncline jobs list", "syncline log list"])
    let rejected = runs.filter { $0.integer("rejected") > 0 }
    if let run = rejected.first {
      lines += [
        "", "What was wrong with \(counted(Int(run.integer("rejected")), "record")) of \(run.text("organization_id"))",
      ]
      lines += command(["syncline log show \(run.integer("id"))"])
    }
    let items = Attention.all(overview)
    lines += ["", items.isEmpty ? "Nothing waits for a person" : "What waits for a person, why, and how to mend it"]
    for (number, item) in zip(1..., items) {
      lines.append("  \(number). \(item.text)")
      lines += command(item.commands)
    }
    return lines + ["", "Whether all is well, and what goes on now"]
      + command(["syncline doctor", "syncline top --once"])
  }

  private static func command(_ lines: [String]) -> [String] { lines.map { "     \($0)" } }
}

extension DemoStage {
  /// As the status page reads it.
  fileprivate func overview() async throws -> Overview {
    let settings = try settings
    return try await Database.connected(settings) { connection in
      let sections = SectionReader(within: .seconds(30)) { body in try await connection.run(body) }
      var overview = Overview(time: Date())
      await overview.read(sections)
      if let trouble = await sections.trouble { throw CommandError(.failure, "DEMO_FAILED", trouble) }
      return overview
    }
  }
}
