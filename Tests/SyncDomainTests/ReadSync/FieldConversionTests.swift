import SyncDomain
import Testing

@Suite struct FieldConversionTests {
  @Test(
    "R15 dates in every spelling of PEMS",
    arguments: [
      #""2025-01-15""#, #""2025-01-15T23:30:00Z""#, #""2025-01-15T23:30:00.123+02:00""#, #""2025-01-15T00:00:00-0800""#,
      #""2025-01-15T08:30""#, #""2025-01-15 08:30""#, #""2025-01-15 08:30:59""#, #""2025-01-15Z""#, #""15-JAN-2025""#,
      #""15-Jan-2025 08:30""#, #""15-jan-2025 08:30:00""#, #"" 2025-01-15 ""#, "1736899200000", "1736985599999",
      #""1736899200000""#, "1.7368992e12", #"{"YEAR":1736899200000,"MONTH":1,"DAY":15}"#, #"{"YEAR":"1736899200000"}"#,
    ])
  func dates(_ value: String) { #expect(converted("forecastStart", value) == (#""2025-01-15""#, nil)) }

  @Test(
    "R15 a date that can not be read becomes null and an issue",
    arguments: [
      #""2025-02-30""#, #""30-FEB-2025""#, #""2025-01-15T25:00:00Z""#, #""2025-01-15 8:30""#, #""2025-01-15T08:61""#,
      #""2025-01-15x""#, #""2025-01-15T08:30:00+2""#, #""15-JANUARY-2025""#, #""15/01/2025""#, #""tomorrow""#,
      #""20250115""#,
      "20250115", #""2025""#, "true", "[]", "{}", #"{"YEAR":2025,"MONTH":1,"DAY":15}"#, "9e99", "1736899200000.5",
      #""99999999999999999999""#,
    ])
  func badDates(_ value: String) {
    #expect(converted("forecastStart", value) == ("null", "INVALID_DATE"))
    #expect(converted("lastModified", value) == ("null", "INVALID_DATE"))
  }

  @Test(
    "R15 the instant of the last change stays as it is written; what is none is null and an issue",
    arguments: [
      (#""2026-01-31T10:00:00.250Z""#, #""2026-01-31T10:00:00.250Z""#, nil),
      (#""31-JAN-2026 08:30""#, #""31-JAN-2026 08:30""#, nil),
      ("1767225600000", #""1767225600000""#, nil), (#""22/11/2026 08:00""#, "null", "INVALID_DATE"),
      ("\" \"", "null", nil),
    ])
  func instants(value: String, kept: String, code: String?) {
    #expect(converted("lastModified", value) == (kept, code))
  }

  @Test(
    "R15 numbers with thousands separators",
    arguments: [
      ("1234.5", "1234.5"), ("15000.00", "15000"), ("1.5e3", "1500"), (#""1,234.50""#, "1234.5"),
      (#""1,234,567""#, "1234567"),
      (#"" -12 ""#, "-12"), (#""+0012.0""#, "12"), (#"".5""#, "0.5"), (#""5.""#, "5"), (#""1.5e3""#, "1500"),
      ("-0", "0"),
      ("999999999999999999.99", "999999999999999999.99"), (#""1.2500""#, "1.25"),
    ])
  func numbers(_ value: String, _ expected: String) { #expect(converted("monthlyRate", value) == (expected, nil)) }

  @Test(
    "R15 numbers with a decimal comma",
    arguments: [
      (#""1.234,50""#, "1234.5"), (#""1 234 567,8""#, "1234567.8"), (#""1'234,5""#, "1234.5"),
      (#""1\u2019234,5""#, "1234.5"),
      (#""1\u00a0234,5""#, "1234.5"), (#""1\u202f234,5""#, "1234.5"), (#""-0,5""#, "-0.5"), (#""1.500""#, "1500"),
      ("1.5", "1.5"),
    ])
  func commaNumbers(_ value: String, _ expected: String) {
    #expect(converted("monthlyRate", value, locale: .comma) == (expected, nil))
  }

  @Test(
    "R15 a number that can not be read becomes null and an issue, never 0",
    arguments: [
      #""1,23""#, #""12,34,567""#, #""1234,567""#, #""1.2.3""#, #"",""#, #"".""#, #""-""#, #""abc""#, #""$5""#,
      #""1 000""#,
      #""0x10""#, #""NaN""#, #""١٢""#, "true", "[]", "{}",
    ])
  func badNumbers(_ value: String) { #expect(converted("monthlyRate", value) == ("null", "INVALID_NUMBER")) }

  @Test(
    "R15 groups must be well formed with a decimal comma too", arguments: [#""1.5""#, #""1.234.5""#, #""1.234 567""#])
  func badCommaNumbers(_ value: String) {
    #expect(converted("monthlyRate", value, locale: .comma) == ("null", "INVALID_NUMBER"))
  }

  @Test(
    "money that numeric(20,2) can not hold rejects the record",
    arguments: ["1e18", "-1e18", #""1,000,000,000,000,000,000""#, "999999999999999999.995", "1e100000"])
  func money(_ value: String) {
    let issue = rejected(#"{"pfaId":"1","data":{"monthlyRate":\#(value)}}"#.bytes)
    #expect(issue?.code == "NUMBER_OUT_OF_RANGE" && issue?.field == "monthlyRate" && issue?.pfaId == "1")
  }

  @Test(
    "money has two decimals: a finer number is rounded half away from zero, and an issue has it as it came",
    arguments: [
      ("1.005", "1.01"), ("-1.005", "-1.01"), ("0.004", "0"), (#""1,234.565""#, "1234.57"), ("0.999", "1"),
      ("999999999999999999.994", "999999999999999999.99"), ("0.099999", "0.1"),
    ])
  func rounded(_ value: String, _ expected: String) {
    for field in ["monthlyRate", "purchasePrice"] {
      #expect(converted(field, value) == (expected, "NUMBER_ROUNDED"))
    }
    let record = accepted(#"{"pfaId":"1","data":{"monthlyRate":\#(value)}}"#)
    #expect(record?.issues.map(\.raw) == [value.filter { $0 != "\"" }])
  }

  @Test("R15 booleans in every spelling of PEMS")
  func booleans() {
    for value in ["true", #""Y""#, #""y""#, #""true""#, #""TRUE""#, #""+""#, "-1", #""-1""#, "1", #""1""#] {
      #expect(converted("isActualized", value) == ("true", nil), "\(value)")
    }
    for value in ["false", #""N""#, #""n""#, #""False""#, #""-""#, "0", #""0""#, "0.0"] {
      #expect(converted("isActualized", value) == ("false", nil), "\(value)")
    }
    for value in [#""yes""#, "2", #""x""#, "[]", "{}"] {
      #expect(converted("isActualized", value) == ("null", "INVALID_BOOLEAN"), "\(value)")
    }
  }

  @Test("text given as something else becomes text where that is possible")
  func texts() {
    #expect(converted("model", "320.50") == (#""320.50""#, nil))
    #expect(converted("model", "true") == (#""true""#, nil))
    #expect(converted("model", #""""#) == (#""""#, nil))
    #expect(converted("model", "null") == ("null", nil))
    #expect(converted("model", #"["a"]"#) == ("null", "INVALID_TEXT"))
    #expect(converted("model", "{}") == ("null", "INVALID_TEXT"))
  }

  @Test("a source is Rental or Purchase, or kept as it is and reported")
  func sources() {
    for value in [#""Rental""#, #""RENTAL""#, #"" rental ""#] {
      #expect(converted("source", value) == (#""Rental""#, nil))
    }
    #expect(converted("source", #""purchase""#) == (#""Purchase""#, nil))
    #expect(converted("source", #""Leased""#) == (#""Leased""#, "UNKNOWN_SOURCE"))
    #expect(converted("source", "7") == (#""7""#, "UNKNOWN_SOURCE"))
    #expect(converted("source", "[]") == ("null", "INVALID_TEXT"))
  }

  @Test("an empty string is no value", arguments: ["forecastStart", "monthlyRate", "isActualized", "source"])
  func empty(_ field: String) {
    #expect(converted(field, #""""#) == ("null", nil))
    #expect(converted(field, #"" \t""#) == ("null", nil))
    #expect(converted(field, "null") == ("null", nil))
  }

  @Test("R15 conversion is idempotent: what comes out goes in unchanged, on either path")
  func idempotent() {
    var random = SplitMix64(seed: printedSeed())
    let values = [
      "null", "true", #""Y""#, "12", "1.50", #""1,234.5""#, #""2025-01-15T00:00Z""#, "1736899200000", #""x\u00e9""#,
      "[1,{}]",
      #"{"b":1,"a":2}"#, #""rental""#, #""""#, #""a\"b""#, #""\u001f""#, "-0", "1e5", #""-""#,
    ]
    let fields =
      FieldTable.fields.map(\.key).filter { !["pfaId", "organization"].contains($0) } + ["zz", "aa", "dor2", "é"]
    let canonicalizer = RecordCanonicalizer(organization: "RIO")
    for _ in 0..<3_000 {
      let members = (0..<random.below(12)).map { _ in
        #""\#(fields[random.below(fields.count)])":\#(values[random.below(values.count)])"#
      }
      guard let first = accepted(#"{"pfaId":"A-1","data":{\#(members.joined(separator: ","))}}"#) else {
        Issue.record("rejected \(members)")
        continue
      }
      // Once as our reader would publish it (fast path when it is simple), once with a space in front (general path).
      for message in [first.encoded(), [0x20] + first.encoded()] {
        guard case .accepted(let second) = canonicalizer.canonicalize(message) else {
          Issue.record("rejected \(text(message))")
          continue
        }
        #expect(text(second.data) == text(first.data))
        #expect(second.contentHash == first.contentHash)
        #expect(second.discontinued == first.discontinued)
        #expect(second.issues.allSatisfy { $0.code == "UNKNOWN_SOURCE" })
      }
    }
  }
}
