import Testing
import YAML

private func parse(_ text: String) throws(YAMLError) -> YAMLNode {
  try YAMLDocument.parse(Array(text.utf8), file: "Jobs/x.yaml")
}

private func fault(_ text: String) -> String { fault(Array(text.utf8)) }

private func fault(_ bytes: [UInt8]) -> String {
  do {
    return "no fault: \(try YAMLDocument.parse(bytes, file: "Jobs/x.yaml"))"
  } catch {
    return error.description
  }
}

@Suite("YAML") struct YAMLTests {
  @Test("scalars, lists and mappings keep their place and order") func tree() throws {
    let root = try parse("a: 1\nb:\n  - x\n  - \"y\"\nc: |\n  text\n")
    let entries = try #require(root.mapping)
    #expect(entries.map(\.key) == ["a", "b", "c"])
    #expect(entries.map(\.keyLine) == [1, 2, 5])
    let items = try #require(root["b"]?.sequence)
    #expect(items.map(\.line) == [3, 4])
    #expect(items.map(\.column) == [5, 5])
    #expect(items[1].value == .scalar("y", .quoted))
    #expect(root["c"]?.string == "text\n")
  }

  @Test("typed reading: plain numbers and booleans only, NO stays text") func typed() throws {
    let root = try parse("n: 12\nq: \"12\"\nd: 0.1\nt: true\nno: NO\nz: ~\ne:\nw: null\ns: \"null\"\ninf: 1e999")
    #expect(root["n"]?.int == 12)
    #expect(root["q"]?.int == nil)
    #expect(root["q"]?.string == "12")
    #expect(root["d"]?.double == 0.1)
    #expect(root["t"]?.bool == true)
    #expect(root["no"]?.bool == nil)
    #expect(root["no"]?.string == "NO")
    for key in ["z", "e", "w"] { #expect(root[key]?.isNull == true) }
    #expect(root["s"]?.string == "null")
    #expect(root["inf"]?.double == nil)
  }

  @Test("an empty file is nothing, a byte order mark is no character")
  func empty() throws {
    #expect(try parse("").isNull)
    #expect(try parse("# only a comment\n").isNull)
    #expect(try parse("\u{FEFF}a: 1")["a"]?.int == 1)
  }

  @Test("aliases repeat their anchor") func aliases() throws {
    let root = try parse("a: &x {k: 1}\nb: *x\n")
    #expect(root["b"]?["k"]?.int == 1)
  }

  @Test(
    "faults name file, line and column",
    arguments: [
      ("a: 1\na: 2\n", "Jobs/x.yaml:2:1: duplicate key \"a\", first on line 1"),
      ("a:\n  b: 1\n  \"b\": 2\n", "Jobs/x.yaml:3:3: duplicate key \"b\", first on line 2"),
      ("? [1]\n: 2\n", "Jobs/x.yaml:1:3: a key must be text"),
      ("a: &r [*r]\n", "Jobs/x.yaml:1:4: an alias refers to what contains it"),
      ("a: *gone\n", "Jobs/x.yaml:1:4: found undefined alias"),
      ("a: [1, 2\nb: 3\n", "Jobs/x.yaml:2:2: while parsing a flow sequence: did not find expected ',' or ']'"),
      (
        "a: 1\n\tb: 2\n",
        "Jobs/x.yaml:2:1: while scanning a plain scalar: found a tab character that violates indentation"
      ),
      ("a: 1\n---\nb: 2\n", "Jobs/x.yaml:2:1: a second document; a file holds one"),
      ("a: \"open\n", "Jobs/x.yaml:2:1: while scanning a quoted scalar: found unexpected end of stream"),
      ("a: {\n", "Jobs/x.yaml:2:1: while parsing a flow node: did not find expected node content"),
    ])
  func faults(text: String, expected: String) {
    #expect(fault(text) == expected)
  }

  @Test("invalid UTF-8 is refused with its line") func encoding() {
    let broken = Array("a: 1\nb: ".utf8) + [0xC3, 0x28, 0x0A]
    #expect(fault(broken) == "Jobs/x.yaml:2:1: not valid UTF-8")
    #expect(fault([0xFF, 0xFE, 0x61, 0x00]) == "Jobs/x.yaml:1:1: not valid UTF-8")
  }

  @Test("a billion laughs, deep nesting and huge files end in an error") func bombs() {
    var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      laughs += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(fault(laughs).contains("too many nodes"))
    #expect(
      fault(String(repeating: "[", count: 200) + String(repeating: "]", count: 200)).contains("nested too deeply"))
    #expect(fault(String(repeating: "[", count: 100_000)).contains("too many open brackets"))
    #expect(fault(String(repeating: "# \n", count: 100_000)).contains("larger than"))
  }

  @Test("random bytes never crash it", arguments: [UInt64(1), 2, 3, 4])
  func fuzz(seed: UInt64) {
    var state = seed
    let alphabet = Array("ab:-?[]{}&*!|>'\"%@`# \n\t,\\~0\u{7F}".utf8) + [0xC3, 0xA9, 0x00, 0xFF, 0x85]
    for _ in 0..<500 {
      let bytes = (0..<60).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return alphabet[Int(state >> 33) % alphabet.count]
      }
      _ = try? YAMLDocument.parse(bytes, file: "seed \(seed)")
    }
  }
}
