import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct DeadLetterDecisionTests {
  private func seed() async throws {
    try await sql(
      """
      INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, message_key, message_value, headers, code,
        cause, status) VALUES
        ('RIO', 'pems.read-sync.v1', 0, 1, 'RIO', 'a', '[["x", "1"]]', 'UNKNOWN_ORGANIZATION', 'no organization is named RIO', 'open'),
        ('RIO', 'pems.read-sync.v1', 0, 2, 'RIO', 'b', '[]', 'UNKNOWN_ORGANIZATION', 'no organization is named RIO', 'open'),
        (NULL, 'pfa.draft-commit.v1', 0, 3, NULL, '\\xff', '[]', 'INVALID_JSON', 'not JSON at byte 0', 'open'),
        ('RIO2', 'pems.read-sync.v1', 0, 4, NULL, 'd', '[]', 'INVALID_JSON', 'not JSON at byte 0', 'discarded')
      """)
  }

  private func ids(_ ran: Ran) throws -> [Int64?] { try ran.objects.map { $0["id"]?.integer } }

  @Test(
    "replay hands the original message to the relay, with the letter's header, and keeps who, when, why and how often")
  func replay() async throws {
    try await seed()
    #expect(try await syncline("dead-letters", "replay", "--yes").code == .usage)
    #expect(try await syncline("dead-letters", "replay", "1", "--code", "X", "--yes").code == .usage)
    for unknown in ["9", "x"] {
      let ran = try await syncline("dead-letters", "replay", "1", unknown, "--yes")
      #expect(ran.code == .notFound && ran.messages.contains("DEAD_LETTER_NOT_FOUND"))
    }
    let dry = try await syncline("dead-letters", "replay", "--all", "--dry-run")
    #expect(try dry.code == .ok && ids(dry) == [1, 2, 3] && dry.messages.contains("would replay 3 messages"))
    #expect(try await value("SELECT count(*) FROM outbox") == "0")

    let ran = try await syncline(
      [
        "dead-letters", "replay", "--code", "UNKNOWN_ORGANIZATION", "--rate", "1000", "--yes", "--reason",
        "RIO is \"there\"",
      ],
      environment: ["USER": "ann"])
    #expect(try ran.code == .ok && ids(ran) == [1, 2])
    #expect(try ran.objects.allSatisfy { $0["status"]?.string == "replayed" && $0["replays"]?.integer == 1 })
    #expect(
      try ran.objects.allSatisfy { $0["decided_by"]?.string == "ann" && $0["reason"]?.string == "RIO is \"there\"" })
    let sent = """
      SELECT string_agg(concat_ws(' ', topic, convert_from(message_key, 'UTF8'), convert_from(message_value, 'UTF8'), headers), '; '
        ORDER BY id) FROM outbox
      """
    #expect(
      try await value(sent) == """
        pems.read-sync.v1 RIO a [["x", "1"], ["syncline_dead_letter", "1/1"]]; \
        pems.read-sync.v1 RIO b [["syncline_dead_letter", "2/1"]]
        """)
    // A letter named by its number goes out again whatever its state.
    for _ in 0..<2 { #expect(try await syncline("dead-letters", "replay", "4", "1", "--yes").code == .ok) }
    #expect(try await value("SELECT string_agg(replays::text, ' ' ORDER BY id) FROM dead_letter") == "3 1 0 2")
    #expect(try await value("SELECT count(*) FROM outbox") == "6")
    let none = try await syncline("dead-letters", "replay", "--code", "UNKNOWN_ORGANIZATION", "--yes")
    #expect(none.code == .ok && none.data == "[]\n" && none.messages.contains("no dead letter matches"))
  }

  @Test("discard keeps the rows with who and why; filters of cause, topic and organization choose")
  func discard() async throws {
    try await seed()
    func dry(_ flags: String...) async throws -> [Int64?] {
      try ids(try await syncline(["dead-letters", "discard", "--dry-run"] + flags))
    }
    #expect(try await dry("--cause", "NAMED rio") == [1, 2])
    #expect(try await dry("--topic", "pfa.draft-commit.v1") == [3])
    #expect(try await dry("--organization", "RIO") == [1, 2])
    #expect(try await dry("--code", "INVALID_JSON", "--status", "all") == [3, 4])
    #expect(try await dry("--cause", hostile) == [])
    let ran = try await syncline(
      ["dead-letters", "discard", "3", "--yes", "--reason", "a test"], environment: ["USER": "ann"])
    #expect(try ran.code == .ok && ran.objects[0]["status"]?.string == "discarded")
    let shown = try await syncline("dead-letters", "show", "3").json
    #expect(shown["decided_by"]?.string == "ann" && shown["reason"]?.string == "a test")
    #expect(shown["message_value"]?["base64"]?.string == "/w==")
    #expect(try await value("SELECT count(*) FROM dead_letter") == "4")
  }

  @Test("show has every decision with who and why, the newest last; who comes later overwrites nobody")
  func history() async throws {
    try await seed()
    func decide(_ line: String..., by actor: String) async throws -> Ran {
      try await syncline(["dead-letters"] + line + ["--yes"], environment: ["USER": actor])
    }
    _ = try await decide("replay", "1", "--reason", "mended", by: "ann")
    _ = try await decide("discard", "1", "2", "--reason", "a test", by: "bob")
    _ = try await decide("replay", "1", by: "eve")
    guard case .array(let events)? = try await syncline("dead-letters", "show", "1").json["history"] else {
      throw Unexpected(what: "no history")
    }
    #expect(events.map { $0["event"]?.string } == ["replayed", "discarded", "replayed"])
    #expect(events.map { $0["actor"]?.string } == ["ann", "bob", "eve"])
    #expect(events.map { $0["reason"]?.string } == ["mended", "a test", nil])
    #expect(events[2]["before"]?["status"]?.string == "discarded" && events[2]["after"]?["replays"]?.integer == 2)
    #expect(try await syncline("dead-letters", "show", "3").json["history"]?.count == 0)
    let table = try await syncline("dead-letters", "show", "1", "-o", "table").data
    #expect(table.contains("a test") && table.contains("mended"))
  }

  @Test("What is discarded or resolved already is not discarded again: nothing changes, and the command says so")
  func nothingToDo() async throws {
    try await seed()
    try await sql("UPDATE dead_letter SET status = 'resolved', decided_by = 'ann', reason = 'mended' WHERE id = 2")
    let rows = "SELECT string_agg(d::text, ' ' ORDER BY id) FROM dead_letter d"
    let before = try await value(rows)
    for (ids, said) in [
      (["4"], "nothing changes: 1 message is discarded or resolved already"),
      (["2", "4"], "nothing changes: 2 messages are discarded or resolved already"),
    ] {
      for dry in [[], ["--dry-run"]] {
        let ran = try await syncline(["dead-letters", "discard", "--reason", "again", "--yes"] + ids + dry)
        #expect(ran.code == .ok && ran.messages == said + "\n")
        #expect(try self.ids(ran) == ids.map { Int64($0) })
      }
    }
    #expect(try await value(rows) == before)
    let dry = try await syncline("dead-letters", "discard", "1", "2", "--dry-run")
    #expect(dry.messages == "would discard 1 message; 1 message is discarded or resolved already\n")
    let ran = try await syncline("dead-letters", "discard", "1", "2", "4", "--yes")
    #expect(ran.messages == "discarded 1 message; 2 messages are discarded or resolved already\n")
    #expect(try ran.objects.map { $0["status"]?.string } == ["discarded", "resolved", "discarded"])
    #expect(try await value("SELECT count(*) FROM operator_event WHERE event = 'discarded'") == "1")
  }

  @Test("list shows identical causes once, with their number, to people and on request")
  func groups() async throws {
    try await seed()
    let groups = try await syncline("dead-letters", "list", "--by-cause").objects
    #expect(groups.map { $0["count"]?.integer } == [1, 2] || groups.map { $0["count"]?.integer } == [2, 1])
    let rio = try #require(groups.first { $0["count"]?.integer == 2 })
    #expect(rio["organization_id"]?.string == "RIO" && rio["id"]?.integer == 2)
    let table = try await syncline("dead-letters", "list", "-o", "table").data
    #expect(table.split(separator: "\n").count == 3 && table.contains("count"))
    #expect(try await syncline("dead-letters", "list", "-o", "table", "--each").data.split(separator: "\n").count == 4)
  }
}
