extension Rule {
  /// What the SQL files keep to.
  static let sql: [Rule] = [
    Rule(
      name: "SQL file that nothing uses",
      advice: "name its constant in Migrations/*.swift, or delete it",
      broken: [
        "Migrations/Queries/KPI/kpi_show.sql": "", "Migrations/SQLCatalog.swift": "// PackageResources.kpi_show_sql",
      ],
      sound: [
        "Migrations/Queries/KPI/kpi_show.sql": "", "Migrations/Schema/V0001_a.up.sql": "",
        "Migrations/Schema/V0001_a.down.sql": "",
        "Migrations/Catalog.swift":
          "[PackageResources.kpi_show_sql, PackageResources.V0001_a_up_sql, PackageResources.V0001_a_down_sql]",
      ]
    ) { repository in
      let catalog = repository.swift(in: "Migrations").flatMap { $0.text.lines.map(\.code) }.joined(separator: "\n")
      return repository.files(in: ["Migrations"], "sql").filter {
        !containsWord(catalog, resourceName($0.path))
      }.map { Finding($0.path) }
    },

    Rule(
      name: "two SQL files of one name",
      advice: "embedded names are flattened: folders do not tell them apart",
      broken: ["Migrations/Queries/A/x.sql": "", "Migrations/Queries/B/x.sql": ""],
      sound: ["Migrations/Queries/A/x.sql": "", "Migrations/Queries/B/y.sql": ""]
    ) { repository in
      let files = repository.files(in: ["Migrations"], "sql")
      return Dictionary(grouping: files) { resourceName($0.path) }.values.flatMap {
        $0.dropFirst().map { Finding($0.path) }
      }
    },

    Rule(
      name: "migration without a way back",
      advice: "each .up.sql has a .down.sql beside it, and the other way round",
      broken: [
        "Migrations/Schema/V0001_a.up.sql": "", "Migrations/Schema/V0002_b.up.sql": "",
        "Migrations/Schema/V0002_b.down.sql": "",
      ],
      sound: ["Migrations/Schema/V0001_a.up.sql": "", "Migrations/Schema/V0001_a.down.sql": ""]
    ) { repository in
      let pairs = [(".up.sql", ".down.sql"), (".down.sql", ".up.sql")]
      return repository.files(in: ["Migrations/Schema"], "sql").filter { path, _ in
        !pairs.contains { path.hasSuffix($0.0) && repository.files[path.dropLast($0.0.count) + $0.1] != nil }
      }.map { Finding($0.path) }
    },

    Rule(
      name: "SQL file without a head comment",
      advice: "the first lines say what the statement does, its parameters, locks and the index it relies on",
      broken: ["Migrations/Queries/a.sql": "\nSELECT 1; -- late"],
      sound: ["Migrations/Queries/a.sql": "\n-- One.\nSELECT 1;"]
    ) { repository in
      repository.files(in: ["Migrations"], "sql").filter { _, text in
        !text.drop { $0 == "\n" || $0 == " " }.hasPrefix("--")
      }.map { Finding($0.path) }
    },

    Rule(
      name: "materialized view",
      advice: "nothing here is stale: summaries are tables that change with their records",
      broken: ["Migrations/Schema/a.sql": "create\n  Materialized View a as select 1;"],
      sound: ["Migrations/Schema/a.sql": "-- no CREATE MATERIALIZED VIEW\nDROP MATERIALIZED VIEW IF EXISTS a CASCADE;"]
    ) { repository in
      repository.files(in: ["Migrations"], "sql").flatMap { path, text -> [Finding] in
        // Words with their lines, comments left out.
        let words = numbered(text).flatMap { line in
          line.text.prefix(upTo: line.text.firstRange(of: "--")?.lowerBound ?? line.text.endIndex)
            .uppercased().split { !($0.isLetter || $0 == "_") }.map { (line: line.number, word: $0) }
        }
        return zip(words, zip(words.dropFirst(), words.dropFirst(2))).filter { first, rest in
          ["CREATE", "REFRESH"].contains(first.word) && rest.0.word == "MATERIALIZED" && rest.1.word == "VIEW"
        }.map { Finding(path, $0.0.line) }
      }
    },
  ]

  /// The constant's name that SwiftPM gives an embedded file: `kpi_show_sql` for `Queries/KPI/kpi_show.sql`.
  private static func resourceName(_ path: String) -> String {
    let name = String(path.split(separator: "/").last ?? "").map { $0.isLetter || $0.isNumber ? $0 : "_" }
    return (name.first?.isNumber == true ? "_" : "") + String(name)
  }
}
