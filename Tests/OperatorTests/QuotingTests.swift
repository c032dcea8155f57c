import FoundationEssentials
import Runtime
import Testing

@testable import Operator

struct QuotingTests {
  /// RFC 4180, as a reader sees it; nil for an empty unquoted field.
  private func readCSV(_ text: String) -> [[String?]] {
    var rows: [[String?]] = []
    var row: [String?] = []
    var field = String.UnicodeScalarView()
    var isQuoted = false
    var wasQuoted = false
    var scalars = Array(text.unicodeScalars)[...]
    func value() -> String? { field.isEmpty && !wasQuoted ? nil : String(field) }
    while let scalar = scalars.popFirst() {
      switch scalar {
      case "\"" where isQuoted && scalars.first == "\"":
        field.append("\"")
        scalars.removeFirst()
      case "\"":
        isQuoted.toggle()
        wasQuoted = true
      case "," where !isQuoted:
        row.append(value())
        (field, wasQuoted) = (.init(), false)
      case "\r" where !isQuoted && scalars.first == "\n":
        scalars.removeFirst()
        rows.append(row + [value()])
        (row, field, wasQuoted) = ([], .init(), false)
      default: field.append(scalar)
      }
    }
    return rows
  }

  private struct Pair: Codable, Equatable {
    var a: String?
    var b: String?
  }

  @Test("Hostile texts come back from CSV and JSON as they went in")
  func roundTrip() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("QuotingTests.roundTrip seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let pairs = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        Pair(a: generator.hostileText(), b: Bool.random(using: &generator) ? generator.hostileText() : nil)
      }
      let table = Table([Column("a"), Column("b")], rows: pairs.map { [.text($0.a), .text($0.b)] })
      func text(_ format: OutputFormat) throws -> String {
        let recorder = Recorder()
        try recorder.output(format).write(table)
        return recorder.data
      }
      func same(_ left: String?, _ right: String?) -> Bool {
        left.map { Array($0.utf8) } == right.map { Array($0.utf8) }
      }

      let csv = readCSV(try text(.csv)).dropFirst()
      #expect(csv.count == pairs.count)
      for (row, pair) in zip(csv, pairs) { #expect(row.count == 2 && same(row[0], pair.a) && same(row[1], pair.b)) }

      let json = try text(.json)
      let decoded = try JSONDecoder().decode([Pair].self, from: Data(json.utf8))
      for (got, pair) in zip(decoded, pairs) { #expect(same(got.a, pair.a) && same(got.b, pair.b)) }
      let lines = try text(.ndjson).split(separator: "\n")
      #expect(lines.count == pairs.count)

      let shown = try text(.table)
      #expect(shown.split(separator: "\n", omittingEmptySubsequences: false).count == pairs.count + 2)
      for text in [json, shown] {
        #expect(!text.unicodeScalars.contains { isUnprintable($0) && $0 != "\n" })
      }
    }
  }

  @Test(
    "JSON is told from what is not, and compacted",
    arguments: [
      (" { \"a\" : [ 1 , -2.5e+3 , true , null ] } ", "{\"a\":[1,-2.5e+3,true,null]}"), ("\"a b\"", "\"a b\""),
      ("[]", "[]"), ("{}", "{}"), ("0", "0"), ("\"\u{202E}\"", "\"\\u202e\""),
      ("\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""),
      ("", nil), ("[1,]", nil), ("{\"a\"}", nil), ("{a:1}", nil), ("01", nil), ("1.", nil), ("-", nil), ("+1", nil),
      (".5", nil), ("1e", nil), ("\"\n\"", nil), ("\"\\x\"", nil), ("\"\\u12g4\"", nil), ("\"open", nil), ("1 2", nil),
      ("truE", nil), ("[1", nil), ("NaN", nil),
    ] as [(String, String?)])
  func json(_ text: String, _ expected: String?) { #expect(JSONText.compact(text) == expected) }

  @Test("Nesting is bounded")
  func nesting() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(JSONText.compact(nested(500)) != nil)
    #expect(JSONText.compact(nested(100_000)) == nil)
  }
}
