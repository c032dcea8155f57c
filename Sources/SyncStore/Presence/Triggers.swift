import Postgres
import SQLCatalog

/// A trigger of the schema, as its migration makes it.
package struct Trigger: Sendable, Equatable, CustomStringConvertible {
  package let name: String
  package let table: String
  /// The statement that creates it.
  package let definition: String

  package init(name: String, table: String, definition: String) {
    self.name = name
    self.table = table
    self.definition = definition
  }

  package var description: String { "\(name) of \(table)" }

  /// Those that the migrations leave behind, read out of their texts, so that no other list can differ from them.
  package static func expected(in migrations: [String] = SQLCatalog.migrations.map(\.up)) -> [Trigger] {
    var triggers: [String: Trigger] = [:]
    for migration in migrations {
      let code = migration.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      for statement in code.split(separator: ";") {
        // A constraint trigger has one word more before its name.
        let all = statement.split(whereSeparator: \.isWhitespace).map(String.init)
        let words = all.count > 1 && all[1] == "CONSTRAINT" ? [all[0]] + all.dropFirst(2) : all
        guard words.count > 4, words[1] == "TRIGGER", let on = words.firstIndex(of: "ON"), on + 1 < words.count
        else { continue }
        let key = "\(words[on + 1]).\(words[2])"
        switch words[0] {
        case "CREATE":
          triggers[key] = Trigger(name: words[2], table: words[on + 1], definition: all.joined(separator: " "))
        case "DROP": triggers[key] = nil
        default: break
        }
      }
    }
    return triggers.sorted { $0.key < $1.key }.map(\.value)
  }
}

/// A trigger that does not fire.
package struct IdleTrigger: Sendable, Equatable, CustomStringConvertible {
  package let trigger: Trigger
  /// It is there and disabled; otherwise it was dropped.
  package let isDisabled: Bool

  package init(trigger: Trigger, isDisabled: Bool) {
    self.trigger = trigger
    self.isDisabled = isDisabled
  }

  package var description: String { "\(trigger) is \(isDisabled ? "disabled" : "dropped")" }
}

/// Whether the triggers of the schema fire, and how they are brought back.
package enum Triggers {
  /// Every trigger in public: table_name, trigger_name, function_name, enabled, bytes of its table.
  package static func list(_ session: PGSession) throws -> PGResult { try session.query(Queries.listTriggers) }

  /// Those of a current schema that are dropped or disabled.
  package static func idle(_ session: PGSession) throws -> [IdleTrigger] {
    var enabled: [String: Bool] = [:]
    for row in try list(session).rows {
      enabled["\(try row.string("table_name")).\(try row.string("trigger_name"))"] =
        ["O", "A"].contains(try row.string("enabled"))
    }
    return Trigger.expected().compactMap { trigger in
      switch enabled["\(trigger.table).\(trigger.name)"] {
      case true?: nil
      case false?: IdleTrigger(trigger: trigger, isDisabled: true)
      case nil: IdleTrigger(trigger: trigger, isDisabled: false)
      }
    }
  }

  /// Makes those of a current schema fire again, in one transaction; returns which had not. What they would have done
  /// meanwhile is not made up for.
  package static func restore(_ session: PGSession) throws -> [IdleTrigger] {
    try session.transaction {
      let idle = try idle(session)
      for one in idle {
        let enabling = try session.query(Queries.enableTrigger, [.text(one.trigger.table), .text(one.trigger.name)])
        try session.execute(one.isDisabled ? try enabling.one().string("statement") : one.trigger.definition)
      }
      return idle
    }
  }
}
