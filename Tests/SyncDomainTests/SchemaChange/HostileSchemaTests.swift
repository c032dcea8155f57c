import SyncDomain
import Testing

/// Nothing of a message becomes SQL: statements are taken apart again and must consist of what we wrote ourselves.
@Suite struct HostileSchemaTests {
  @Test(
    "S3-09, S3-10: 6,000 hostile changes: refused, or identifiers and constants between their quotes and nothing else")
  func hostile() throws {
    var generator = HostileChanges(seed: printedSeed())
    let planner = SchemaPlanner(try #require(Schemas.target))
    let shop = try Schemas.shop()
    var accepted = 0
    for _ in 0..<6_000 {
      let text = generator.change()
      // What can not be stored as JSON, a NUL, does not come this far.
      guard let json = try? Schemas.json(text) else { continue }
      do {
        let changes = try SchemaChange.read(json)
        let plan = try planner.plan(changes, on: shop)
        accepted += 1
        for statement in plan.statements {
          #expect(StatementParts(statement.sql).objection == nil, "\(text)\n\(statement.sql)")
        }
        #expect(try SchemaChange.read(try JSONValue(parsing: try changes.encoded())) == changes)
        #expect(try ProjectSchema(try JSONValue(parsing: try plan.after.encoded())) == plan.after)
      } catch {
        #expect(error is SchemaFault, "\(text): \(error)")
      }
    }
    // The generator must not be refused at the door.
    #expect(accepted > 500, "\(accepted) were accepted")
  }

  @Test("The lexer of this test objects to what is injected")
  func lexer() {
    for sql in [
      "DROP TABLE \"public\".\"x\"", "DROP TABLE \"org_00112233445566778899aabbccddeeff\".\"t_a\"; DROP ROLE x",
      "DROP TABLE t_a",
      "COMMENT ON TABLE \"t_a\" IS 'x' || pg_sleep(9)", "SELECT 'a", "ALTER TABLE \"t_a\" /* x */",
    ] { #expect(StatementParts(sql).objection != nil, "\(sql)") }
  }
}

/// A statement of a change, taken apart as PostgreSQL would.
struct StatementParts {
  /// What is not ours; nil: everything is.
  let objection: String?

  private static let words: Set<String> = [
    "CREATE", "TABLE", "ALTER", "DROP", "ADD", "COLUMN", "CONSTRAINT", "COMMENT", "ON", "IS", "UNIQUE", "PRIMARY",
    "KEY",
    "FOREIGN", "REFERENCES", "DELETE", "NO", "ACTION", "RESTRICT", "CASCADE", "SET", "NULL", "NOT", "DEFAULT", "TYPE",
    "USING",
    "CHECK", "IN", "text", "varchar", "integer", "bigint", "smallint", "numeric", "real", "double", "precision",
    "boolean",
    "date", "time", "timestamp", "timestamptz", "uuid", "json", "jsonb", "bytea", "now", "gen_random_uuid",
    // Of safe steps.
    "INDEX", "CONCURRENTLY", "VALID", "VALIDATE", "IF", "EXISTS", "UPDATE", "WHERE", "AND", "ctid", "tid", "LOCK",
    "ACCESS",
    "EXCLUSIVE", "MODE", "RENAME", "TO", "FUNCTION", "RETURNS", "trigger", "LANGUAGE", "plpgsql", "AS", "TRIGGER",
    "BEFORE",
    "INSERT", "OR", "FOR", "EACH", "ROW", "EXECUTE",
  ]
  private static let prefixes = ["t_", "c_", "uq_", "fk_", "ck_", "n_", "nn_", "nk_", "nu_", "zz_", "f_"]

  init(_ sql: String) {
    var index = sql.startIndex
    func take(until quote: Character) -> String? {
      var text = ""
      index = sql.index(after: index)
      while index < sql.endIndex {
        let next = sql.index(after: index)
        if sql[index] == quote {
          guard next < sql.endIndex, sql[next] == quote else {
            index = next
            return text
          }
          index = next
        }
        text.append(sql[index])
        index = sql.index(after: index)
      }
      return nil
    }
    while index < sql.endIndex {
      let character = sql[index]
      if character == "'" {
        guard take(until: "'") != nil else {
          objection = "a constant without an end"
          return
        }
      } else if character == "\"" {
        guard let name = take(until: "\""), StatementParts.isOurs(name) else {
          objection = "an identifier that is not ours"
          return
        }
      } else if character.isLetter || character == "_" {
        let word = String(sql[index...].prefix { $0.isLetter || $0 == "_" })
        guard StatementParts.words.contains(word) else {
          objection = "the word \(word)"
          return
        }
        index = sql.index(index, offsetBy: word.count)
      } else {
        guard " ,().:0123456789<>=$".contains(character) else {
          objection = "the character \(character)"
          return
        }
        index = sql.index(after: index)
      }
    }
    objection = nil
  }

  private static func isOurs(_ name: String) -> Bool {
    if name == "id" || TargetSchema(name) == Schemas.target { return true }
    return prefixes.contains { prefix in name.hasPrefix(prefix) && SchemaID(String(name.dropFirst(prefix.count))) != nil
    }
  }
}

/// Changes of every type whose fields hold what breaks careless SQL, now and then something harmless.
struct HostileChanges {
  private var generator: SplitMix64
  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  private static let poison = [
    "x\"; DROP TABLE organization; --", "x'); DROP SCHEMA public CASCADE; --", "'; SELECT pg_sleep(9); --", "\\'; --",
    "$$; $$",
    "public.organization", "pg_catalog.pg_class", "../../x", "a\u{2019}b", "%s", "{}", "now()", "1=1", "/*", "*/", "--",
    ";", "\"",
    "'", "\\", "x' || (SELECT current_user) || '", "t_x\".\"y", "U&\"\\0022\"", "e'\\x27'", "nextval('s')", "\u{0000}",
    "\u{202E}x",
    "organization", "information_schema", String(repeating: "x", count: 70), "", " ", "NULL", "a b", "ＤＲＯＰ",
  ]
  private static let harmless = ["orders", "customers", "mail", "email", "state", "amount", "fresh", "a-b", "Z9_", "7"]
  private static let types = [
    "text", "varchar(9)", "integer", "numeric(9,2)", "date", "boolean", "jsonb", "uuid", "timestamptz",
  ]

  mutating func below(_ least: Int, _ most: Int) -> Int { Int.random(in: least...most, using: &generator) }

  mutating func change() -> String {
    let kinds = SchemaChange.Kind.allCases
    let kind = kinds[Int.random(in: 0..<kinds.count, using: &generator)]
    var members = [
      "\"type\":\(quoted(kind.rawValue))", "\"table_id\":\(word())", "\"column_id\":\(word())",
      "\"new_name\":\(word())",
      "\"new_type\":\(type())", "\"default\":\(value())", "\"nullable\":\(flag())", "\"name\":\(word())",
      "\"references\":{\"table\":\(word()),\"column\":\(word()),\"on_delete\":\"cascade\"}",
      "\"project_name\":\(word())",
    ]
    switch kind {
    case .addTable: members.append("\"table\":\(table())")
    case .addColumn: members.append("\"column\":\(column())")
    case .addForeignKey, .addUnique, .dropForeignKey, .dropUnique: members.append("\"constraint_id\":\(word())")
    default: break
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  private mutating func table() -> String {
    let columns = (0..<Int.random(in: 0...3, using: &generator)).map { _ in column() }.joined(separator: ",")
    return "{\"id\":\(word()),\"name\":\(word()),\"columns\":[\(columns)]}"
  }

  private mutating func column() -> String {
    var text = "{\"id\":\(word()),\"name\":\(word()),\"type\":\(type())"
    if coin() { text += ",\"default\":\(value())" }
    if coin() { text += ",\"check\":{\"operator\":\(coin() ? "\">=\"" : word()),\"value\":\(value())}" }
    return text + ",\"unique\":\(flag())}"
  }

  private mutating func word() -> String {
    let list = Int.random(in: 0..<8, using: &generator) == 0 ? Self.poison : Self.harmless
    return quoted(list[Int.random(in: 0..<list.count, using: &generator)])
  }

  private mutating func type() -> String {
    if Int.random(in: 0..<6, using: &generator) > 0 {
      return quoted(Self.types[Int.random(in: 0..<Self.types.count, using: &generator)])
    }
    return quoted("text" + Self.poison[Int.random(in: 0..<Self.poison.count, using: &generator)])
  }

  private mutating func value() -> String {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: "7"
    case 1: "true"
    default: quoted(Self.poison[Int.random(in: 0..<Self.poison.count, using: &generator)])
    }
  }

  private mutating func flag() -> String { coin() ? "true" : "false" }
  private mutating func coin() -> Bool { Bool.random(using: &generator) }

  private func quoted(_ text: String) -> String { String(decoding: JSONValue.string(text).canonical(), as: UTF8.self) }
}
