import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite struct ConnectionTests {
  /// Every command that needs nothing but the database.
  private static let lines: [[String]] = [
    ["migrate", "status"], ["migrate", "up"], ["organizations", "list"], ["organizations", "add", "A"],
    ["jobs", "list"],
    ["jobs", "show", jobA], ["jobs", "watch", jobA], ["jobs", "approve", jobA, "--yes"],
    ["jobs", "cancel", jobA, "--yes"],
    ["jobs", "why", jobA], ["log", "list"], ["log", "show", "1"], ["kpi", "show", "RIO"], ["kpi", "verify"],
    ["kpi", "rebuild", "--all", "--yes"], ["timeline", "show", "RIO"], ["dead-letters", "list"],
    ["dead-letters", "show", "1"],
  ]

  @Test("A database that does not answer is exit code 3 with one error object and no data", arguments: lines)
  func unreachable(line: [String]) async throws {
    let ran = await program(line + ["-o", "json"], environment: ["DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x"])
    #expect(ran.code == .unreachable && ran.data.isEmpty)
    let error = try JSONValue(parsing: Array(ran.messages.utf8))
    #expect(error["code"]?.string == "DATABASE_UNREACHABLE")
    #expect(error["hint"]?.string?.contains("DATABASE_URL") == true)
    #expect(!ran.messages.contains("hush"))
    #expect(await program(line).code == .usage)
  }

  @Test("A database without the schema says what to run", arguments: lines.filter { $0[0] != "migrate" })
  func noSchema(line: [String]) async throws {
    let ran = await program(line, environment: ["DATABASE_URL": try await TestDatabase.fresh()])
    #expect(ran.code == .failure && ran.data.isEmpty)
    #expect(ran.messages.contains("SCHEMA_MISSING") && ran.messages.contains("syncline migrate up"))
  }

  @Test("PostgreSQL's moments, with any offset")
  func moments() {
    func text(_ moment: String) -> String? { parseMoment(moment).map(timestamp) }
    #expect(text("2026-01-31 09:30:00+00") == "2026-01-31T09:30:00.000Z")
    #expect(text("2026-01-31 09:30:00.123456+00") == "2026-01-31T09:30:00.123Z")
    #expect(text("2026-01-01 01:00:00.5+05:30") == "2025-12-31T19:30:00.500Z")
    #expect(text("1969-12-31 23:59:59.999-03") == "1970-01-01T02:59:59.999Z")
    #expect(text("1900-01-01 00:00:00-00:12:28") == "1900-01-01T00:12:28.000Z")
    for other in [
      "infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "", "2026-01-31", "2026-02-30 00:00:00+00", "x y",
    ] {
      #expect(parseMoment(other) == nil)
    }
    #expect(Cell.moment("infinity") == .text("infinity"))
  }

  @Test("A result becomes a table: exact numbers, RFC 3339, JSON as it is", .syncDatabase)
  func table() async throws {
    let columns = [
      Column("money", .decimal), Column("big", .integer), Column("flag", .boolean), Column("moment", .time),
      Column("document", .json), Column("day"), Column("nothing", .integer),
    ]
    let table = try await SyncDatabase.current.run { session in
      try Table(
        try session.query(
          """
          SELECT 12345678901234567.89::numeric(20,2) AS money, 9223372036854775807 AS big, true AS flag,
            '2026-01-31 09:30:00+00'::timestamptz AS moment, '{"a": [1.10]}'::jsonb AS document,
            '2025-02-28'::date AS day, NULL::int AS nothing
          """), columns)
    }
    #expect(
      jsonObject(columns, table.rows[0]) == """
        {"money": 12345678901234567.89, "big": 9223372036854775807, "flag": true, "moment": "2026-01-31T09:30:00.000Z", \
        "document": {"a":[1.10]}, "day": "2025-02-28", "nothing": null}
        """)
    await #expect(throws: PGError.self) {
      try await SyncDatabase.current.run { try Table($0.query("SELECT 1 AS a"), [Column("b")]) }
    }
  }

  @Test("Errors of Postgres and Kafka have their exit codes and never hide")
  func rules() {
    func exit(_ error: any Error) -> ExitCode? { CommandError.explain(error, rules: ErrorRules.all).first?.exit }
    #expect(exit(PGError(.connection, "no")) == .unreachable)
    #expect(exit(PGError(.commitUnknown, "no")) == .unreachable)
    #expect(exit(PGError(.server, "starting", sqlstate: "57P03")) == .unreachable)
    let words = "connection to server on socket \"x\" failed: FATAL:  sorry, too many clients already"
    for full in [PGError(.connection, words), PGError(.server, "full", sqlstate: "53300")] {
      let error = ErrorRules.explain(full)
      #expect(error.exit == .unreachable && error.hint?.hasPrefix("raise max_connections, ") == true, "\(error)")
    }
    #expect(exit(PGError(.server, "relation", sqlstate: "42P01")) == .failure)
    #expect(exit(PGError(.server, "long", sqlstate: "57014")) == .timedOut)
    #expect(exit(PGError(.server, "lock", sqlstate: "55P03")) == .locked)
    #expect(exit(KafkaError(code: -195)) == .unreachable)
    #expect(exit(KafkaError(code: 29)) == .failure)
  }
}
