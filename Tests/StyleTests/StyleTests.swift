import Testing

/// Style as a test: what reviewers would otherwise say again and again.
@Suite struct StyleTests {
  /// Read once; each rule looks at the same tree.
  static let repository = Result { try Repository.here() }

  @Test("the source tree keeps to the rule", arguments: Rule.all)
  func kept(_ rule: Rule) throws {
    for objection in try rule.objections(to: StyleTests.repository.get()) { Issue.record("\(objection)") }
  }

  @Test("the rule can fail, and does not fail on a look-alike", arguments: Rule.all)
  func works(_ rule: Rule) {
    #expect(rule.find(Repository(files: rule.broken)).count == 1)
    #expect(rule.objections(to: Repository(files: rule.sound)) == [])
  }

  @Test("source text is taken apart into code, comments and literals")
  func takenApart() {
    let text = SwiftText(
      #"""
      let a = "x // \(f("y", (1)) + z) w" // one "comment"
      /* two /* nested */ still */ let b = #"raw \(no) "quoted""#
      let c = """
        SELECT "q" \(c)
        """; d()
      """#)
    #expect(text.lines[0].code == #"let a = "f("", (1)) + z)" "#)
    #expect(text.lines[0].comment == #" one "comment""#)
    #expect(text.lines[1].code == #" let b = """#)
    #expect(text.lines[1].comment == " two  nested  still ")
    #expect(text.lines[4].code.hasSuffix(#""; d()"#))
    #expect(text.literals.map(\.line) == [1, 1, 2, 3])
    #expect(text.literals.map(\.text)[..<3] == ["y", #"x // \(…) w"#, #"raw \(no) "quoted""#])
    #expect(text.literals[3].text.contains(#"SELECT "q" \(…)"#))
  }

  @Test("the arrows are read from the package manifest")
  func arrows() throws {
    let manifest = try #require(StyleTests.repository.get().files["Package.swift"])
    let targets = PackageArrows(manifest).targets
    #expect(targets["Sources/syncline"] == ["Operator"])
    #expect(targets["Migrations"] == [])
    #expect(targets["Tests/PostgresTests"]?.isSuperset(of: ["Postgres", "TestKit"]) == true)
    #expect(targets["Tests/TestKit"]?.contains("SyncDomain") == true)
  }
}

extension Rule {
  static let all = layout + swift + sql
}
