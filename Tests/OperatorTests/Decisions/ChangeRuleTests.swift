import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// The one rule about questions, `--yes` and `--reason`, held against every command of the table.
@Suite(.syncDatabase) struct ChangeRuleTests {
  /// A line of each command that changes something, about things that ``seed()`` makes.
  private static let lines: [String: [String]] = [
    "migrate": ["migrate"], "migrate up": ["migrate", "up"], "migrate down": ["migrate", "down", "--to", "0"],
    "organizations add": ["organizations", "add", "NEW"], "organizations suspend": ["organizations", "suspend", "RIO"],
    "permissions grant": ["permissions", "grant", "eve", "RIO"],
    "permissions revoke": ["permissions", "revoke", "bob", "RIO"],
    "records release": ["records", "release", "RIO", "P1"],
    "jobs approve": ["jobs", "approve", jobA], "jobs cancel": ["jobs", "cancel", jobA],
    "jobs retry": ["jobs", "retry", jobB],
    "drafts create": ["drafts", "create", "RIO", "P2", "--user", "ann", "--session", "s2", "--set", "dor=X"],
    "drafts commit": ["drafts", "commit", "--user", "ann", "--session", "s1"],
    "drafts discard": ["drafts", "discard", "--user", "ann", "--session", "s1"],
    "drafts retry": ["drafts", "retry", "--all"],
    "conflicts resolve": ["conflicts", "resolve", noJob, "--take", "mine", "--user", "ann"],
    "kpi rebuild": ["kpi", "rebuild", "RIO"],
    "schema apply": ["schema", "apply", "plan", "--change", #"{"type":"drop_project"}"#],
    "schema target": ["schema", "target", "--set"],
    "dead-letters replay": ["dead-letters", "replay", "--all"],
    "dead-letters discard": ["dead-letters", "discard", "--all"],
    "queue pause": ["queue", "pause", "read_sync"], "queue resume": ["queue", "resume", "read_sync"],
    // Without Kafka these end before they do anything; they never ask.
    "sync run": ["sync", "run", "RIO", "--source", "pems"], "topics create": ["topics", "create"],
  ]

  private func seed() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data, source_block, source_index)
      SELECT gen_random_uuid(), 'RIO', 'P' || n, '{"category": "Crane", "source": "Rental", "monthlyRate": 1}', 1, 0
      FROM generate_series(1, 2) n
      """,
      "INSERT INTO org_permission VALUES ('ann', 'RIO', 'write'), ('bob', 'RIO', 'write')",
      "INSERT INTO sync_job (id, organization_id, kind) VALUES ('\(jobA)', 'RIO', 'read_sync')",
      "UPDATE sync_job SET state = 'running'", "UPDATE sync_job SET state = 'awaiting_approval'",
      """
      INSERT INTO sync_job (id, organization_id, kind, state, finished_at)
      VALUES ('\(jobB)', 'RIO2', 'read_sync', 'failed', now())
      """,
      "INSERT INTO projects (id, organization_id, name) VALUES ('plan', 'RIO', 'Plan')",
      """
      INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, code, cause)
      VALUES ('RIO', 't', 0, 0, 'INVALID_JSON', 'x')
      """)
    let draft = ["drafts", "create", "RIO", "P1", "--user", "ann", "--session", "s1", "--set", "dor=X"]
    #expect(try await syncline(draft).code == .ok)
  }

  /// Every table's rows but what a question may not change either: nothing at all.
  private func everything() async throws -> String? {
    try await value(
      """
      SELECT string_agg(t || ':' || (xpath('/row/c/text()', query_to_xml(
        format('SELECT md5(concat(string_agg(r::text, chr(10) ORDER BY r::text))) AS c FROM %I r', t),
        false, true, '')))[1]::text, ' ' ORDER BY t)
      FROM (SELECT table_name AS t FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE') x
      """)
  }

  private static func changing() -> [Command] { Commands.table.commands.filter { $0.change != nil } }

  @Test("The test knows a line of every command that changes something")
  func complete() {
    #expect(Set(Self.changing().map(\.name)) == Set(Self.lines.keys))
    for command in Commands.table.commands where command.change == nil {
      #expect(GlobalOptions.changing(command).isEmpty, "\(command.name)")
    }
  }

  @Test("On a terminal every command that alters or destroys asks once, and after a no nothing is changed")
  func asks() async throws {
    try await seed()
    let before = try await everything()
    for command in Self.changing() where command.change != .adds {
      let line = try #require(Self.lines[command.name])
      let questions = Locked<[String]>([])
      // Nobody answers there; it asks before it looks.
      let ran = try await syncline(line, environment: ["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"]) { question in
        questions.with { $0.append(question) }
        return "n"
      }
      #expect(ran.code == .failure && ran.messages.contains("NOT_CONFIRMED"), "\(command.name): \(ran.messages)")
      #expect(questions.with { $0.count } == 1, "\(command.name)")
      #expect(questions.with { $0.allSatisfy { $0.hasSuffix("? [y/N] ") } }, "\(command.name)")
    }
    #expect(try await everything() == before)
  }

  @Test("What only adds asks nobody, with or without --yes")
  func adds() async throws {
    try await seed()
    for command in Self.changing() where command.change == .adds {
      let line = try #require(Self.lines[command.name])
      for flags in [[], ["--yes", "--reason", "why"]] {
        let ran = try await syncline(line + flags) { question in
          Issue.record("\(command.name) asks: \(question)")
          return nil
        }
        // Two of them end for want of Kafka.
        #expect(ran.code == .ok || ran.messages.contains("KAFKA_BOOTSTRAP_SERVERS"), "\(command.name): \(ran.messages)")
      }
    }
  }

  @Test("Without a terminal nobody is asked: what alters goes ahead, what destroys is refused until --yes")
  func withoutTerminal() async throws {
    try await seed()
    for command in Self.changing() where command.change == .destroys {
      let line = try #require(Self.lines[command.name])
      let before = try await everything()
      let refused = try await syncline(line)
      #expect(refused.code == .usage && refused.messages.contains("CONFIRMATION_REQUIRED"), "\(command.name)")
      #expect(try await everything() == before)
    }
    // One that ends what another one needs comes last.
    let last = ["jobs cancel", "organizations suspend"]
    let names = Self.changing().filter { $0.change == .alters }.map(\.name)
    for name in names.filter({ !last.contains($0) }) + last {
      let line = try #require(Self.lines[name])
      let ran = try await syncline(line)
      #expect(
        !ran.messages.contains("CONFIRMATION_REQUIRED") && ran.code != .usage || name == "schema apply", "\(name)")
    }
    #expect(try await value("SELECT state FROM sync_job WHERE id = '\(jobA)'") == "cancelled")
    #expect(try await value("SELECT status FROM organization WHERE id = 'RIO'") == "suspended")
  }

  @Test("The help of a command says what --yes and --reason do there")
  func help() {
    let help = HelpText(table: Commands.table)
    for command in Self.changing() {
      let text = help.about(command.path)
      let meaning =
        switch command.change {
        case .adds: "this never asks"
        case .alters: "without a terminal nobody is asked"
        default: "needed without a terminal"
        }
      #expect(text.contains(meaning), "\(command.name)")
      #expect(text.contains(command.keepsReason ? "kept in the history" : "no history to keep"), "\(command.name)")
    }
  }
}
