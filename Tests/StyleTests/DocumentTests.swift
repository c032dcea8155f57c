import Testing

/// What the manuals must say, and that what they point to is there.
@Suite struct DocumentTests {
  private static func text(_ path: String) throws -> String {
    try #require(try StyleTests.repository.get().files[path], "\(path)")
  }

  /// The text below a heading, up to the next one of its depth or above.
  private static func section(_ title: String, of path: String) throws -> String {
    let lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("#") && $0.drop { $0 == "#" } == " " + title }, "\(title)")
    let depth = lines[start].prefix { $0 == "#" }.count
    let rest = lines[(start + 1)...].prefix { line in
      !(line.hasPrefix("#") && line.prefix { $0 == "#" }.count <= depth)
    }
    return rest.joined(separator: "\n")
  }

  /// The rows of a section's tables as cells, without heads.
  private static func rows(_ section: String) -> [[String]] {
    let lines = section.split(separator: "\n").filter { $0.hasPrefix("|") }
    return zip(lines, lines.dropFirst() + [""]).filter { !$0.hasPrefix("|---") && !$1.hasPrefix("|---") }.map {
      line, _ in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { cell in
        String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
    }
  }

  private static func quoted(_ text: String) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }

  private static func lacks(_ text: String, _ names: [String]) -> [String] {
    // Lines are broken anywhere.
    let joined = text.split { $0 == "\n" || $0 == " " }.joined(separator: " ")
    return names.filter { !joined.contains($0) }
  }

  @Test(
    "S0-37 The gate has eight points, each with a test that proves its requirement, or a benchmark where a test can not"
  )
  func gate() throws {
    let points = Self.rows(try Self.section("Eight points of validation", of: "Tests/README.md"))
    #expect(points.count == 8)
    let files = try StyleTests.repository.get().files
    for (number, point) in points.enumerated() {
      #expect(point[0].hasPrefix("\(number + 1). "))
      let shown = try #require(Self.quoted(point[2]).first)
      if shown.hasPrefix("syncline bench ") {
        #expect(try Self.text("README.md").contains(shown))
      } else {
        let test = try #require(files["Tests/" + shown], "\(shown)")
        #expect(test.contains(point[1]), "\(shown) does not name \(point[1])")
      }
    }
    #expect(Set(points.map { $0[1] }).count == 8)
  }

  @Test("S0-38 S0-45 S2-39 S3-42 Plan, review, modules and references are in the gate, and what they point to exists")
  func deliverables() throws {
    let plan = Self.rows(try Self.section("The five days, as delivered", of: "Tests/README.md"))
    #expect(
      Self.lacks(
        plan.map { $0[0] }.joined(separator: " "),
        [
          "Versions", "functions", "Test suite", "Safe removal", "Row security", "Performance", "Types",
          "conflicts by clients",
          "Integration tests", "Load test", "optimisation", "Documentation",
        ]) == [])
    let modules = Self.rows(try Self.section("Modules, by the names of the requirements", of: "Tests/README.md"))
    #expect(modules.map { $0[0] } == ["cascade", "updaters", "publisher", "client", "worker"])
    #expect(Self.rows(try Self.section("Review", of: "Tests/README.md")).count >= 4)
    #expect(Self.rows(try Self.section("Reference documents", of: "Tests/README.md")).count >= 5)
  }

  @Test("What the manuals name with a path exists", arguments: ["README.md", "Tests/README.md", "Helm/README.md"])
  func paths(_ manual: String) throws {
    let files = try StyleTests.repository.get().files
    let roots = ["Sources/", "Tests/", "Migrations/", "Helm/", "Jobs/"]
    let named = Self.quoted(try Self.text(manual)).filter { text in
      roots.contains { text.hasPrefix($0) } && !text.contains { " …*<{".contains($0) }
    }
    #expect(!named.isEmpty)
    for path in named {
      let folder = path.hasSuffix("/") ? path : path + "/"
      #expect(files[path] != nil || files.keys.contains { $0.hasPrefix(folder) }, "\(path)")
    }
    for link in try Self.text(manual).split(separator: "](").dropFirst().map({ String($0.prefix { $0 != ")" }) }) {
      #expect(files[link] != nil, "\(link)")
    }
  }

  @Test(
    "S1-19 The database's manual has eight parts, five patterns with plans, the calendar, and five troubles with cures")
  func database() throws {
    let path = "Migrations/README.md"
    let parts = Self.rows(try Self.section("Eight parts", of: path))
    #expect(parts.count == 8)
    for name in parts.flatMap({ Self.quoted($0[1]) }) where name.contains("_") && name.hasPrefix("V") {
      let files = try StyleTests.repository.get().files
      #expect(files.keys.contains { $0.hasPrefix("Migrations/Schema/") && $0.hasSuffix("/\(name).up.sql") }, "\(name)")
    }
    let patterns = try Self.section("Five query patterns", of: path)
    #expect(patterns.split(separator: "```sql").count - 1 == 5)
    #expect(patterns.split(separator: "\n```\n", omittingEmptySubsequences: false).count { $0.contains("->  ") } == 5)
    let calendar = Self.rows(try Self.section("The calendar", of: "Helm/README.md"))
    #expect(calendar.map { $0[0] } == ["Daily", "Weekly", "Monthly"])
    let troubles = Self.rows(try Self.section("Five troubles", of: path))
    #expect(troubles.count == 5 && troubles.allSatisfy { $0.count == 3 && !$0[2].isEmpty })
    #expect(try !Self.section("Looked up", of: path).isEmpty)
  }

  @Test("S1-27 S1-28 The quick start is in the README, with a Postgres to try it; moving in has nine steps")
  func start() throws {
    let start = try Self.section("Run it", of: "README.md")
    #expect(
      Self.lacks(start, ["make demo", "syncline dev", "syncline migrate up", "DATABASE_URL", "syncline worker"]) == [])
    let settings = Self.rows(try Self.section("Postgres for a machine of 8 GB", of: "Helm/README.md"))
    let values = try Self.text("Helm/syncline/values.yaml")
    for row in settings {
      let name = try #require(Self.quoted(row[0]).first)
      #expect(values.contains("    \(name): \(row[1])") || values.contains("    \(name): \"\(row[1])\""), "\(name)")
    }
    #expect(settings.count >= 5)
    let steps = try Self.section("Moving in", of: "Helm/README.md").split(separator: "\n").filter {
      $0.contains(". **")
    }
    #expect(steps.enumerated().allSatisfy { $0.element.hasPrefix("\($0.offset + 1). **") } && steps.count == 9)
  }

  @Test("S1-54 S1-55 S1-56 S2-34 S2-36 Scaling out has its steps, replicas, and what was put off with its reason")
  func scaling() throws {
    let scaling = try Self.section("Scaling out", of: "Helm/README.md")
    let rows = Self.rows(scaling)
    #expect(rows.prefix(3).map { $0[0] } == ["up to 1 M", "5 M", "10 M"])
    let deferred = rows.dropFirst(3).filter { $0.count == 3 }
    #expect(deferred.contains { $0[0].contains("partitions") } && deferred.contains { $0[0].contains("source order") })
    #expect(deferred.allSatisfy { !$0[1].isEmpty && !$0[2].isEmpty })
    #expect(
      Self.lacks(
        scaling,
        ["SYNCLINE_READ_DATABASE_URL", "**Cache**: none, and deferred with reason", "15 minutes", "max_connections"])
        == [])
  }

  @Test(
    "S1-68 S4-31 S0-40 The way to production: review, staging, validate, deploy, 24 to 48 hours of watching, optimise")
  func production() throws {
    let way = try Self.section("Staging, then production", of: "Helm/README.md")
    let steps = way.split(separator: "\n").filter { $0.contains(". **") }
    let names = ["Review", "Staging", "Validate", "Deploy", "Monitor", "Optimise"]
    #expect(steps.count == names.count)
    for (index, name) in names.enumerated() { #expect(steps[index].hasPrefix("\(index + 1). **\(name)**")) }
    #expect(
      Self.lacks(way, ["24 to 48 hours", "The journal", "Only then the rest", "helm rollback", "migrate down"]) == [])
  }

  @Test("S1-52 S1-53 The runbooks of backup, restore and recovery to a point in time name what they use")
  func recovery() throws {
    let backup = try Self.section("Backup and restore", of: "Helm/README.md")
    #expect(
      Self.lacks(backup, ["BYPASSRLS", "restore.sh", "syncline doctor", "syncline kpi verify", "custom format"]) == [])
    let recovery = try Self.section("Write-ahead log and recovery to a point in time", of: "Helm/README.md")
    #expect(
      Self.lacks(
        recovery,
        ["archive_timeout", "pg_basebackup", "restore_command", "recovery_target_time", "recovery.signal", "promote"])
        == [])
    let values = try Self.text("Helm/syncline/values.yaml")
    #expect(Self.lacks(values, ["archive_mode: \"on\"", "archive_timeout: \"3600\"", "archive_command:"]) == [])
  }
}
