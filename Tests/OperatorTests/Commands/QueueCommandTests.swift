import FoundationEssentials
import SyncDomain
import SyncStore
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct QueueCommandTests {
  @Test("pause, list, why and resume of a kind, an organization, and one kind of one organization")
  func pauses() async throws {
    #expect(try await syncline("queue", "list").data == "[]\n")
    try await sql("INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobA)', 'RIO', 'read_sync')")
    let cases: [(flags: [String], words: String)] = [
      (["--kind", "read_sync"], "read_sync of all organizations"), (["--organization", "RIO"], "all work of RIO"),
      (["--kind", "read_sync", "--organization", "RIO"], "read_sync of RIO"),
    ]
    for (flags, words) in cases {
      let paused = try await syncline(
        ["queue", "pause", "--yes", "--reason", "upgrade"] + flags, environment: ["USER": "ann"])
      #expect(paused.code == .ok && paused.messages.contains("\(words) is paused\n"), "\(paused.messages)")
      let again = try await syncline(["queue", "pause", "--yes"] + flags)
      #expect(again.code == .ok && again.messages.contains("already"))
      let line = try #require(
        try await syncline("queue", "list").objects.first { $0["queued"]?.integer == 1 })
      guard case .bool(true)? = line["paused"] else { throw Unexpected(what: "not paused") }
      #expect(line["paused_by"]?.string == "ann" && line["reason"]?.string == "upgrade")
      let why = try await syncline("jobs", "why", jobA).json
      #expect(
        why["why"]?.string
          == "waits because \(words) is paused: 'syncline queue resume \(flags.joined(separator: " "))'")
      #expect(why["evidence"]?.string?.contains("paused by ann at ") == true)
      let resumed = try await syncline(["queue", "resume"] + flags)
      #expect(resumed.code == .ok && resumed.messages.contains("goes on"))
      #expect(try await syncline(["queue", "resume"] + flags).messages.contains("nothing changed"))
    }
    // A word alone is a kind or an organization.
    for word in ["read_sync", "RIO"] {
      #expect(try await syncline("queue", "pause", word, "--yes").code == .ok)
      #expect(try await syncline("queue", "resume", word).messages.contains("goes on"))
    }
    #expect(try await syncline("queue", "pause", "read_sync", "--kind", "write_back", "--yes").code == .usage)
    let slip = try await syncline("queue", "pause", "kpi_rebuidl", "--yes")
    #expect(slip.code == .notFound && slip.messages.contains("neither a kind of work nor an organization"))
    #expect(slip.messages.contains("try 'kpi_rebuild'; kinds are "))
    let rebuilds = try await syncline("queue", "pause", "kpi_rebuild", "--yes")
    #expect(rebuilds.messages.contains("'syncline kpi rebuild' is done at once"))
    #expect(try await syncline("kpi", "rebuild", "RIO", "--yes").code == .ok)
    _ = try await syncline("queue", "resume", "kpi_rebuild")
    #expect(try await syncline("queue", "pause", "--yes").code == .usage)
    #expect(try await syncline("queue", "pause", "--kind", "x", "--yes").code == .usage)
    #expect(try await syncline("queue", "pause", "--organization", hostile, "--yes").code == .notFound)
    #expect(try await value("SELECT count(*) FROM queue_pause WHERE resumed_at IS NULL") == "0")
  }

  @Test("A pause of many organizations is told once, with all that waits for it and the command that lifts it")
  func inherited() async throws {
    try await sql(
      "INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'read_sync'), ('RIO2', 'read_sync')",
      "INSERT INTO queue_pause (kind, paused_by) VALUES ('read_sync', 'ann')",
      "INSERT INTO queue_pause (organization_id, paused_by, reason) VALUES ('RIO2', 'bob', 'audit')")
    var overview = Overview(time: Date(timeIntervalSince1970: 0))
    overview.queue = .read(
      try await SyncDatabase.current.run { session in
        try session.reading { Facts.all(try QueueStore.list(session, organization: nil, kind: nil)) }
      })
    // What both hold is counted with the older one, and goes on when both are lifted.
    #expect(
      Attention.all(overview) == [
        Attention(
          text: "all work of RIO2 is paused by bob: audit",
          commands: ["syncline queue list", "syncline queue resume --organization RIO2"]),
        Attention(
          text: "read_sync of all organizations is paused by ann; 2 waiting",
          commands: ["syncline queue list", "syncline queue resume --kind read_sync"]),
      ])
    var process = ProcessFacts(name: "w")
    process.mayAct = true
    let page = OverviewPage.html(overview, process, trouble: nil, refresh: nil).text
    #expect(page.ranges(of: "act=resume-queue").count == 2, "each pause is lifted in its own row")
    #expect(try await syncline("queue", "resume", "--kind", "read_sync").messages.contains("goes on"))
    let own = try await syncline("queue", "resume", "--kind", "read_sync", "--organization", "RIO")
    #expect(own.messages.contains("is not paused by itself, nothing changed; 'syncline queue list' shows what is"))
  }

  @Test("kpi explain: what a job made of the totals, between two times; a time that is none is a usage error")
  func explain() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data) VALUES (gen_random_uuid(), 'RIO', '1',
        '{"category": "Crane", "source": "Purchase", "purchasePrice": 350000.00, "originalStart": "2025-01-10",
          "originalEnd": "2025-12-31"}')
      """)
    let job = try #require(
      try await syncline("kpi", "rebuild", "RIO", "--yes", "--reason", "found").objects[0]["cause_id"]?.string)
    let rows = try await syncline("kpi", "explain", "RIO", "--category", "Crane").objects
    #expect(rows.map { $0["entry"]?.string } == ["opening", "change", "closing"])
    #expect(rows.map { $0["plan_cost"]?.digits } == ["0.00", "350000.00", "350000.00"])
    #expect(rows[1]["cause"]?.string == "rebuild" && rows[1]["cause_id"]?.string == job)
    #expect(rows[1]["reason"]?.string == "found" && rows[1]["record_count"]?.integer == 1)
    let none = try await syncline("kpi", "explain", "RIO2").objects
    #expect(none.map { $0["plan_cost"]?.digits } == ["0.00", "0.00"])
    let before = try await syncline("kpi", "explain", "RIO", "--to", "2026-01-01T00:00:00+02:00").objects
    #expect(before.map { $0["plan_cost"]?.digits } == ["0.00", "0.00"])
    #expect(try await syncline("kpi", "explain", "RIO", "--dor", "BEO").objects.count == 2)
    for time in ["yesterday", "2026-13-01", "2026-01-01T00:00:00", hostile] {
      #expect(try await syncline("kpi", "explain", "RIO", "--from", time).code == .usage, "\(time)")
    }
    #expect(try await syncline("kpi", "explain", "NOWHERE").code == .notFound)
  }
}
