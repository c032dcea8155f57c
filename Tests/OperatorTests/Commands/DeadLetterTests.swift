import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct DeadLetterTests {
  private func seed() async throws {
    try await sql(
      """
      INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, message_key, message_value, headers, code,
        cause, status, produced_at, created_at) VALUES
        ('RIO', 'pems.read-sync.v1', 0, 7, 'RIO', convert_to(E'{"a": "\\x1b[2Jü"}', 'UTF8'),
          '[["ce_id", "1"], ["x", null]]', 'UNKNOWN_TYPE', 'no such type', 'open', '2026-01-31 09:00:00+00', now() - interval '1 minute'),
        (NULL, 'pems.read-sync.v1', 1, 8, NULL, '\\xff00fe', '[["y", {"base64": "/w=="}]]',
          'INVALID_JSON', 'byte 0', 'open', NULL, now()),
        (NULL, 'pems.read-sync.v1', 1, 9, NULL, NULL, '[]', 'INVALID_JSON', 'old', 'discarded', NULL, now())
      """)
  }

  @Test("M9-14 list shows open ones, the newest first, and filters by hostile text too")
  func list() async throws {
    #expect(try await syncline("dead-letters", "list").data == "[]\n")
    try await seed()
    func offsets(_ flags: String...) async throws -> [Int64?] {
      try await syncline(["dead-letters", "list"] + flags).objects.map { $0["kafka_offset"]?.integer }
    }
    #expect(try await offsets() == [8, 7])
    #expect(try await Set(offsets("--status", "all")) == [7, 8, 9])
    #expect(try await offsets("--code", "INVALID_JSON") == [8])
    #expect(try await offsets("--organization", "RIO") == [7])
    #expect(try await offsets("--limit", "1") == [8])
    #expect(try await offsets("--code", hostile) == [])
  }

  @Test("show gives key, value and headers to the byte: text when UTF-8, else base64")
  func show() async throws {
    try await seed()
    func shown(_ offset: Int) async throws -> JSONValue {
      let id = try #require(try await value("SELECT id FROM dead_letter WHERE kafka_offset = \(offset)"))
      return try await syncline("dead-letters", "show", id).json
    }
    let text = try await shown(7)
    #expect(text["message_key"]?.string == "RIO")
    #expect(text["message_value"]?.string == "{\"a\": \"\u{1B}[2Jü\"}")
    #expect(text["headers"]?.count == 2 && text["produced_at"]?.string == "2026-01-31T09:00:00.000Z")
    let binary = try await shown(8)
    #expect(binary["message_value"]?["base64"]?.string == "/wD+")
    #expect(binary["message_key"]?.isNull == true && binary["headers"]?.count == 1)
    #expect(try await shown(9)["message_value"]?.isNull == true)
    let id = try #require(try await value("SELECT id FROM dead_letter WHERE kafka_offset = 7"))
    let table = try await syncline("dead-letters", "show", id, "-o", "table").data
    #expect(table.contains("{\"a\"") && !table.unicodeScalars.contains("\u{1B}"))
    let open = try await syncline("dead-letters", "show", id).messages
    #expect(open.contains("send it anew, mended") && open.contains("'syncline dead-letters discard \(id) --yes'"))
    let old = try #require(try await value("SELECT id FROM dead_letter WHERE kafka_offset = 9"))
    #expect(try await syncline("dead-letters", "show", old).messages == "", "what is discarded needs nobody")
    for unknown in ["0", "x", "99999999999999999999"] {
      #expect(try await syncline("dead-letters", "show", unknown).code == .notFound)
    }
  }
}
