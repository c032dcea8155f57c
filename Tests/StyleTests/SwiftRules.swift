extension Rule {
  /// What Swift code does not do here.
  static let swift: [Rule] = [
    call("fatalError(", advice: "throw; what comes from outside never stops the process"),
    call("try!", advice: "throw, or handle the error"),
    call("print(", advice: "data goes through the output, messages through the log"),

    Rule(
      name: "Foundation",
      advice: "import FoundationEssentials; Foundation's ICU makes the binary five times as big",
      broken: ["Tests/A/A.swift": "import Foundation\nimport FoundationEssentials"],
      sound: ["Sources/A/A.swift": "import FoundationEssentials // not import Foundation"]
    ) { repository in
      let banned: Set = ["Foundation", "FoundationInternationalization", "FoundationNetworking", "FoundationXML"]
      return repository.swift(in: "Sources", "Tests", "Migrations").flatMap { path, text in
        text.imports.filter { banned.contains($0.module) }.map { Finding(path, $0.line, $0.module) }
      }
    },

    Rule(
      name: "sleep in a test",
      advice:
        "wait for a fact (TestKit polls with a deadline); one that is no wait says what it is in a comment on its line",
      broken: ["Tests/ATests/A.swift": "usleep(10)"],
      sound: [
        "Tests/ATests/A.swift": "await Task.sleep(for: .seconds(9)) // an upstream that hangs\nf(\"pg_sleep(1)\")",
        "Tests/TestKit/Wait.swift": "usleep(10)",
      ]
    ) { repository in
      repository.swift(in: "Tests").filter { !$0.path.hasPrefix("Tests/TestKit/") }.flatMap { path, text in
        text.lines.enumerated().filter { _, line in
          line.comment.isEmpty && ["sleep(", "usleep(", "nanosleep("].contains { containsWord(line.code, $0) }
        }.map { Finding(path, $0.offset + 1) }
      }
    },

    Rule(
      name: "file without a summary",
      advice: "one sentence before the first declaration says what the file is for",
      broken: ["Sources/A/A.swift": "import Glibc\n\nstruct A {\n  /// Late.\n  let b = 1\n}"],
      sound: [
        "Sources/A/A.swift": "import Glibc\n\n/// A summary.\n@frozen\nstruct A {}",
        "Sources/A/B.swift": "// swift-format-ignore-file\nextension A {}",
      ]
    ) { repository in
      repository.swift(in: "Sources", "Migrations", "Tests/TestKit").compactMap { path, text in
        for line in text.lines {
          if !line.comment.allSatisfy({ $0 == " " || $0 == "/" }) { return nil }
          let code = line.code.drop { $0 == " " }
          // Conditions and imports come first whatever a file is about; an extension may leave it to its first member.
          let preamble =
            code.isEmpty || ["#", "@", "extension "].contains(where: code.hasPrefix) || containsWord(code, "import")
          if !preamble { break }
        }
        return Finding(path)
      }
    },

    Rule(
      name: "SQL built by interpolation",
      advice: "values are parameters, statements are files in Migrations; identifiers pass through a quoting function",
      broken: ["Sources/A/A.swift": #"run("SELECT 1 FROM a WHERE b = '\(value)'")"#],
      sound: [
        "Sources/A/A.swift":
          #"log("SELECT failed: \(error)"); f("UPDATE a SET b = $1"); f("DROP SCHEMA \(quoteIdentifier(name))")"#
      ]
    ) { repository in
      repository.swift(in: "Sources").flatMap { path, text in
        text.literals.filter { isBuiltSQL($0.text, code: text.lines[$0.line - 1].code) }.map { Finding(path, $0.line) }
      }
    },
  ]

  /// A call or keyword that nothing in Sources uses.
  private static func call(_ name: String, advice: String) -> Rule {
    Rule(
      name: name, advice: advice, broken: ["Sources/A/A.swift": "func f() {\n  g(\(name)\"\"))\n}"],
      sound: [
        "Sources/A/A.swift": "// \(name)\nlet x = \"\(name)\"; my\(name)\"\"); file.\(name)\"\")",
        "Tests/ATests/A.swift": "\(name)\"\")",
      ]
    ) { repository in
      repository.swift(in: "Sources").flatMap { path, text in
        text.lines.enumerated().filter { _, line in
          containsWord(line.code.replacing(".\(name)", with: ""), name)
        }.map { Finding(path, $0.offset + 1) }
      }
    }
  }

  /// Whether a literal is a statement with a value put into it. A heuristic: it begins like one, in capitals, and what
  /// is put in is not called a quoted thing on the literal's first line.
  private static func isBuiltSQL(_ literal: String, code: String) -> Bool {
    guard contains(literal, "\\(…)"), !contains(code.lowercased(), "quote") else { return false }
    let words = literal.split { $0 == " " || $0 == "\n" }
    guard let first = words.first, words.count > 1 else { return false }
    switch first {
    case "SELECT": return words.contains("FROM")
    case "WITH": return words.contains("AS")
    case "UPDATE": return words.contains("SET")
    case "INSERT": return words[1] == "INTO"
    case "MERGE": return words[1] == "INTO"
    case "DELETE": return words[1] == "FROM"
    case "CREATE", "ALTER", "DROP":
      let kinds: Set<Substring> = [
        "TABLE", "SCHEMA", "INDEX", "VIEW", "FUNCTION", "DATABASE", "ROLE", "TRIGGER", "UNIQUE",
      ]
      return kinds.contains(words[1])
    default: return false
    }
  }
}
