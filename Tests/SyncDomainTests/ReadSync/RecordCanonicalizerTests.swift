import SyncDomain
import Testing

@Suite struct RecordCanonicalizerTests {
  @Test("a record becomes canonical: sorted keys, ids set, unknown fields kept")
  func canonical() throws {
    let record = try #require(
      accepted(
        #"""
        { "pfaId" : "PFA-1", "order" : { "index" : 3, "block" : 1736899200000 }, "unknown" : 1,
          "data" : { "monthlyRate" : 15000.00, "category" : "Cranes", "pfaId" : "other",
                     "new" : { "b" : 1.0, "a" : [] } } }
        """#))
    #expect(
      text(record.data)
        == #"{"category":"Cranes","monthlyRate":15000,"new":{"a":[],"b":1},"organization":"RIO","pfaId":"PFA-1"}"#)
    #expect(record.pfaId == "PFA-1" && record.order == SourceOrder(block: 1_736_899_200_000, index: 3))
    #expect(!record.discontinued && record.issues.isEmpty)
    #expect(
      text(record.encoded())
        == #"{"data":\#(text(record.data)),"order":{"block":1736899200000,"index":3},"pfaId":"PFA-1"}"#)
  }

  @Test("a rejected record is named as its row is: composed")
  func rejectedId() {
    let id = "PFA-e\u{301}"
    #expect(rejected(#"{"pfaId":"\#(id)","data":{"category":"a\u0000"}}"#.bytes)?.pfaId?.unicodeScalars.count == 5)
    let canonicalizer = RecordCanonicalizer(organization: "RIO")
    for value in [RecordCanonicalizer.SourceValue.text(id), .json(#""\#(id)""#.bytes)] {
      let outcome = canonicalizer.canonicalize(
        fields: [(key: "pfaId", value: value), (key: "category", value: .text("a\0"))], order: nil)
      guard case .rejected(let issue) = outcome else {
        Issue.record("accepted")
        continue
      }
      #expect(issue.pfaId?.unicodeScalars.count == 5)
    }
  }

  @Test("records whose identity is wrong are rejected alone, with code and raw value")
  func identity() {
    func check(_ record: String, _ code: String, _ field: String?, raw: String? = nil) {
      let issue = rejected(record.bytes)
      #expect(issue?.code == code && issue?.field == field, "\(record)")
      if let raw { #expect(issue?.raw == raw) }
    }
    check(#"{"data":{"dor":"X"}}"#, "MISSING_PFA_ID", "pfaId", raw: #"{"dor":"X"}"#)
    check(#"{"pfaId":"","data":{}}"#, "MISSING_PFA_ID", "pfaId")
    check(#"{"pfaId":" ","data":{}}"#, "MISSING_PFA_ID", "pfaId")
    check(#"{"pfaId":7,"data":{}}"#, "MISSING_PFA_ID", "pfaId", raw: "7")
    check(#"{"pfaId":null,"data":{}}"#, "MISSING_PFA_ID", "pfaId", raw: "{}")
    check(#"{"pfaId":"\#(String(repeating: "x", count: 1001))","data":{}}"#, "INVALID_PFA_ID", "pfaId")
    check(#"{"pfaId":"1","data":{"organization":"RIO2"}}"#, "ORGANIZATION_MISMATCH", "organization", raw: "RIO2")
    check(#"{"pfaId":"1","data":{"organization":""}}"#, "ORGANIZATION_MISMATCH", "organization")
    check(#"{"pfaId":"1","data":{"organization":["RIO"]}}"#, "ORGANIZATION_MISMATCH", "organization")
    check(#"{"pfaId":"1"}"#, "INVALID_RECORD", "data", raw: #"{"pfaId":"1"}"#)
    check(#"{"pfaId":"1","data":[]}"#, "INVALID_RECORD", "data", raw: "[]")
    check(#"{"pfaId":"1","data":null}"#, "INVALID_RECORD", "data")
    check(#"[1]"#, "INVALID_RECORD", nil, raw: "[1]")
    check(#"{"pfaId":"#, "INVALID_JSON", nil)
    #expect(accepted(#"{"pfaId":"1","data":{"organization":null}}"#) != nil)
  }

  @Test(
    "an order is two 64-bit integers or nothing",
    arguments: [
      #"{"block":1}"#, #"{"block":1.5,"index":0}"#, #"{"block":"1","index":0}"#,
      #"{"block":9223372036854775808,"index":0}"#,
      #"{"block":1e3,"index":0}"#, #"{"block":null,"index":0}"#, "[1,2]", "7", "{}",
    ])
  func badOrder(_ order: String) {
    #expect(rejected(#"{"pfaId":"1","order":\#(order),"data":{}}"#.bytes)?.code == "INVALID_ORDER")
  }

  @Test("the whole range of an order is kept")
  func order() {
    let record = #"{"pfaId":"1","order":{"block":9223372036854775807,"index":-9223372036854775808},"data":{}}"#
    #expect(accepted(record)?.order == SourceOrder(block: .max, index: .min))
    #expect(accepted(#"{"pfaId":"1","order":null,"data":{}}"#)?.order == nil)
    #expect(SourceOrder(block: 1, index: 9) < SourceOrder(block: 2, index: 0))
    #expect(SourceOrder(block: 1, index: 1) < SourceOrder(block: 1, index: 2))
  }

  @Test("R16 what jsonb refuses is rejected with its field and a raw value that a text column takes")
  func flaws() {
    func check(_ value: [UInt8], _ code: String, raw: String) {
      let record = #"{"pfaId":"P-1","data":{"dor":"BEO","model":"#.bytes + value + "}}".bytes
      #expect(rejected(record) == FieldIssue(pfaId: "P-1", field: "model", code: code, raw: raw))
    }
    check(#""a\u0000b""#.bytes, "NUL_CHARACTER", raw: #"a\u0000b"#)
    check(#""a\ud800""#.bytes, "LONE_SURROGATE", raw: #"a\ud800"#)
    check([0x22, 0x61, 0xC3, 0x28, 0x22], "INVALID_UTF8", raw: #"a\xc3("#)
    check("1e999999".bytes, "NUMBER_OUT_OF_RANGE", raw: "1e999999")
    let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
    check(deep.bytes, "TOO_DEEP", raw: deep)
    // In a key, in the id, in a top-level field.
    #expect(rejected(#"{"pfaId":"1","data":{"a\u0000":1}}"#.bytes)?.code == "NUL_CHARACTER")
    let id = rejected(#"{"pfaId":"\u0000","data":{}}"#.bytes)
    #expect(id?.code == "NUL_CHARACTER" && id?.pfaId == nil && id?.field == "pfaId")
    #expect(rejected(#"{"pfaId":"1","x":"\udfff","data":{}}"#.bytes)?.field == "x")
  }

  @Test("a raw value is capped and holds no NUL")
  func raw() {
    let long = FieldIssue(pfaId: nil, field: nil, code: "X", raw: String(repeating: "é", count: 5_000))
    #expect(long.raw?.count == 1_000)
    #expect(FieldIssue(pfaId: nil, field: nil, code: "X", raw: "a\0b").raw == #"a\u0000b"#)
    let issue = rejected(#"{"pfaId":"1","data":{"organization":"\#(String(repeating: "x", count: 9_000))"}}"#.bytes)
    #expect(issue?.raw?.count == 1_000)
    #expect(FieldIssue(json: long.json) == long)
  }

  @Test("R16 a pfaId in two Unicode spellings is one id")
  func normalForm() throws {
    let composed = try #require(accepted(#"{"pfaId":"Caf\u00e9","data":{}}"#))
    let decomposed = try #require(accepted(#"{"pfaId":"Cafe\u0301","data":{}}"#))
    #expect(Array(composed.pfaId.utf8) == Array(decomposed.pfaId.utf8))
    #expect(Array(composed.pfaId.utf8) == "Caf\u{E9}".bytes)
    #expect(composed.data == decomposed.data && composed.contentHash == decomposed.contentHash)
    for (source, expected) in [
      ("\u{212B}", "\u{C5}"), ("\u{958}", "\u{915}\u{93C}"), ("e\u{301}\u{323}", "\u{1EB9}\u{301}"),
      ("\u{1100}\u{1161}", "\u{AC00}"),
    ] {
      #expect(Array(PfaIdentifier.normalized(source).unicodeScalars) == Array(expected.unicodeScalars))
    }
  }

  @Test("discontinued sets the field, in either direction, and otherwise the field decides")
  func discontinued() {
    func check(_ flag: String, _ field: String, _ expected: Bool, issue: String? = nil) {
      let record = accepted(#"{"pfaId":"1"\#(flag),"data":{\#(field)}}"#)
      #expect(record?.discontinued == expected, "\(flag) \(field)")
      #expect(record?.issues.first?.code == issue)
    }
    check(#","discontinued":true"#, "", true)
    check(#","discontinued":true"#, #""isDiscontinued":false"#, true)
    check(#","discontinued":false"#, #""isDiscontinued":"Y""#, false)
    check("", #""isDiscontinued":"Y""#, true)
    check("", "", false)
    check(#","discontinued":null"#, #""isDiscontinued":true"#, true)
    check(#","discontinued":"Y""#, "", true)
    check(#","discontinued":"maybe""#, #""isDiscontinued":true"#, true, issue: "INVALID_BOOLEAN")
    check("", #""isDiscontinued":"maybe""#, false, issue: "INVALID_BOOLEAN")
    let set = accepted(#"{"pfaId":"1","discontinued":true,"data":{}}"#)
    #expect(set.map { text($0.data) } == #"{"isDiscontinued":true,"organization":"RIO","pfaId":"1"}"#)
  }

  @Test("R4 the content hash knows the content and nothing else")
  func contentHash() throws {
    func hash(_ data: String) throws -> Int64 {
      try #require(accepted(#"{"pfaId":"1","order":{"block":1,"index":1},"data":{\#(data)}}"#)).contentHash
    }
    let base = try hash(#""model":"a","monthlyRate":1.5"#)
    #expect(try hash(#""monthlyRate":"1.50","model":"a""#) == base)
    #expect(try hash(#""monthlyRate":1.5,"lastModified":"2025-01-15T10:00:00Z","model":"a""#) == base)
    #expect(try hash(#""lastModified":null,"monthlyRate":1.5,"model":"a""#) == base)
    #expect(try hash(#""monthlyRate":1.5,"model":"b""#) != base)
    #expect(try hash(#""monthlyRate":1.5"#) != base)
  }

  @Test("R15 fields of a source obey the same rules")
  func fields() throws {
    let canonicalizer = RecordCanonicalizer(organization: "RIO", locale: .comma)
    let order = SourceOrder(block: 5, index: 6)
    let fields: [(key: String, value: RecordCanonicalizer.SourceValue)] = [
      ("pfaId", .text("Cafe\u{301}")), ("monthlyRate", .text("1.234,5")), ("isActualized", .text("+")),
      ("forecastStart", .json(#"{"YEAR":1736899200000}"#.bytes)), ("forecastEnd", .text("30-FEB-2025")),
      ("model", .null), ("source", .text("Leased")),
    ]
    guard case .accepted(let record) = canonicalizer.canonicalize(fields: fields, order: order, discontinued: true)
    else {
      Issue.record("rejected")
      return
    }
    let expected =
      #"{"forecastEnd":null,"forecastStart":"2025-01-15","isActualized":true,"isDiscontinued":true,"model":null,"#
      + #""monthlyRate":1234.5,"organization":"RIO","pfaId":"Café","source":"Leased"}"#
    #expect(text(record.data) == expected)
    #expect(record.order == order && record.discontinued)
    #expect(
      record.issues == [
        FieldIssue(pfaId: "Caf\u{E9}", field: "forecastEnd", code: "INVALID_DATE", raw: "30-FEB-2025"),
        FieldIssue(pfaId: "Caf\u{E9}", field: "source", code: "UNKNOWN_SOURCE", raw: "Leased"),
      ])
    func rejection(_ fields: [(key: String, value: RecordCanonicalizer.SourceValue)]) -> FieldIssue? {
      if case .rejected(let issue) = canonicalizer.canonicalize(fields: fields, order: nil) { issue } else { nil }
    }
    #expect(rejection([("model", .text("x"))])?.code == "MISSING_PFA_ID")
    #expect(
      rejection([("pfaId", .text("1")), ("model", .text("a\0"))])
        == FieldIssue(pfaId: "1", field: "model", code: "NUL_CHARACTER", raw: "a\0"))
    #expect(rejection([("pfaId", .text("1\0"))])?.pfaId == #"1\u0000"#)
    #expect(rejection([("pfaId", .text("1")), ("x", .json(#""\ud800""#.bytes))])?.code == "LONE_SURROGATE")
    #expect(rejection([("pfaId", .text("1")), ("x", .json("{".bytes))])?.code == "INVALID_JSON")
    #expect(rejection([("pfaId", .text("1")), ("organization", .text("RIO2"))])?.code == "ORGANIZATION_MISMATCH")
  }
}
