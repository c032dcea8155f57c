import SyncDomain
import Testing

@Suite struct JSONValueTests {
  private func canonical(_ source: String) throws -> String { text(try JSONValue(parsing: source.bytes).canonical()) }

  @Test(
    "canonical JSON: sorted by bytes, last of equal names, minimal escapes, one spelling of numbers",
    arguments: [
      (#" { "b" : 1 , "a" : [ true , null ] } "#, #"{"a":[true,null],"b":1}"#),
      (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#),
      (#"{"a":1,"\u0061":2}"#, #"{"a":2}"#),
      (#"{"é":1,"z":2,"Z":3,"":4}"#, #"{"":4,"Z":3,"z":2,"é":1}"#),
      (#""\u00e9\ud83d\ude00\/\u001f\u007f\u000a""#, "\"é😀/\\u001f\u{7F}\\n\""),
      ("[1.50,-0,0.0,1e2,1.5E-3,100,-1.0,12e0,0e5]", "[1.5,0,0,100,0.0015,100,-1,12,0]"),
      ("[1e400]", "[1e400]"), ("[123456789012345678901234567890.10]", "[123456789012345678901234567890.1]"),
    ])
  func canonicalForm(_ source: String, _ expected: String) throws {
    #expect(try canonical(source) == expected)
    #expect(try canonical(expected) == expected)
  }

  @Test("names that are only canonically equivalent stay apart")
  func equivalentNames() throws {
    let value = try JSONValue(parsing: "{\"e\u{301}\":1,\"\u{E9}\":2}".bytes)
    #expect(value["\u{E9}"]?.integer == 2 && value["e\u{301}"]?.integer == 1)
    #expect(value.canonical().count == "{\"e\u{301}\":1,\"\u{E9}\":2}".utf8.count)
  }

  @Test("a flaw and a fault are told apart")
  func errors() {
    #expect(throws: JSONValue.ParseError.flaw(.nulCharacter)) { try JSONValue(parsing: #""\u0000""#.bytes) }
    #expect(throws: JSONValue.ParseError.syntax(JSONSyntaxError(offset: 2))) { try JSONValue(parsing: "1 2".bytes) }
  }

  @Test("random trees survive a round trip, and canonical bytes are a fixed point")
  func roundTrip() throws {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<500 {
      let bytes = tree(&random, depth: 0).canonical()
      #expect(try JSONValue(parsing: bytes).canonical() == bytes)
    }
  }

  private func tree(_ random: inout SplitMix64, depth: Int) -> JSONValue {
    switch random.below(depth > 4 ? 4 : 6) {
    case 0: return .null
    case 1: return .bool(random.below(2) == 0)
    case 2: return .number("\(Int64(bitPattern: random.next())).\(random.below(1000))e\(random.below(20) - 10)")
    case 3: return .string(word(&random))
    case 4: return .array((0..<random.below(4)).map { _ in tree(&random, depth: depth + 1) })
    default:
      return .object((0..<random.below(5)).map { _ in .init(word(&random), tree(&random, depth: depth + 1)) })
    }
  }

  private func word(_ random: inout SplitMix64) -> String {
    let pieces = ["a", "\"", "\\", "\n", "\u{1}", "é", "e\u{301}", "😀", "\u{7F}", "/", " "]
    return (0..<random.below(6)).map { _ in pieces[random.below(pieces.count)] }.joined()
  }
}
