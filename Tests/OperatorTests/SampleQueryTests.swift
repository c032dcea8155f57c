import FoundationEssentials
import Postgres
import TestKit
import Testing

/// What the README tells people to ask the database.
@Suite(.syncDatabase) struct SampleQueryTests {
  /// The `sql` blocks of the README, statement by statement, without comments.
  private static func blocks() throws -> [[String]] {
    let text = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "README.md"), encoding: .utf8)
    var blocks: [[String]] = []
    var lines: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```sql" {
        lines = []
      } else if line == "```", let block = lines {
        let code = block.map { $0.split(separator: "--", maxSplits: 1, omittingEmptySubsequences: false)[0] }
        blocks.append(
          code.joined(separator: "\n").split(separator: ";").map(String.init).filter { $0.contains { $0.isLetter } })
        lines = nil
      } else {
        lines?.append(line)
      }
    }
    return blocks
  }

  @Test(
    "S1-14 Every SQL statement that the README shows runs as it stands, in its role, and the sample queries find rows")
  func samples() async throws {
    try await sql(
      """
      INSERT INTO org_permission VALUES ('ann', 'RIO', 'write');
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data) VALUES
        (gen_random_uuid(), 'RIO', 'PFA-1', '{"category": "Tower Cranes", "source": "Rental", "dor": "BEO", "monthlyRate": 15000,
          "manufacturer": "Liebherr", "originalStart": "2025-01-15", "originalEnd": "2025-06-30",
          "forecastStart": "2025-01-20", "forecastEnd": "2025-07-31"}');
      """)
    #expect(try await syncline("kpi", "rebuild", "RIO", "--yes").code == .ok)
    let blocks = try Self.blocks()
    #expect(blocks.count >= 2)
    for block in blocks {
      let connection = try await SyncDatabase.current.connect("sample")
      for statement in block {
        let found = try await connection.run { try $0.query(statement).rowCount }
        let isQuestion = statement.drop { $0.isWhitespace }.hasPrefix("SELECT ")
        #expect(!isQuestion || found > 0, "\(statement)")
      }
    }
  }
}
