import SyncDomain
import Testing

/// Flaws of a whole text; nil when it is not JSON.
private func flaws(_ bytes: [UInt8]) -> JSONFlaws? {
  var scanner = JSONScanner()
  do {
    try scanner.skipValue(bytes.span)
    try scanner.finish(bytes.span)
  } catch {
    return nil
  }
  return scanner.flaws
}

@Suite struct JSONScannerTests {
  @Test(
    "valid JSON has no flaws",
    arguments: [
      "0", "-0", "-1.5e+10", "1E-3", "true", "false", "null", #""""#, #""a\"\\\/\b\f\n\r\t\u00e9""#, "[]", "{}",
      " [ 1 , 2 ] ",
      #"{"a":{"b":[{},[],""]},"a":1}"#, #""😀é""#, #""\ud83d\ude00""#, "\t\n\r 1 \t",
    ])
  func valid(_ text: String) { #expect(flaws(text.bytes) == []) }

  @Test(
    "what is not JSON is a syntax error",
    arguments: [
      "", " ", "01", "-", "1.", ".5", "+1", "1e", "1e+", "tru", "nul", "True", "'a'", #""a"#, "\"a\u{1}\"", "\"a\nb\"",
      #""\x""#,
      #""\u12""#, #""\u12g4""#, "[1,]", "[,1]", "[1 2]", "[", "]", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}",
      "{1:1}",
      #"{"a":1]"#, "[1}", "1 2", "[]]", "NaN", "Infinity", "[1\u{B}]", "\u{FEFF}1", "\"\u{0}\"",
    ])
  func invalid(_ text: String) { #expect(flaws(text.bytes) == nil) }

  @Test("R16 flaws concern a value, not the text around it")
  func flawed() {
    #expect(flaws(#"["\u0000"]"#.bytes) == .nulCharacter)
    #expect(flaws(#"["\\u0000"]"#.bytes) == [])
    for lone in [#""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\ud800""#, #""\udc00\ud800""#] {
      #expect(flaws(lone.bytes) == .loneSurrogate, "\(lone)")
    }
    #expect(flaws("[1e131071]".bytes) == [])
    #expect(flaws("[1e131072]".bytes) == .numberOutOfRange)
    #expect(flaws("[1e-16383]".bytes) == [])
    #expect(flaws("[1e-16384]".bytes) == .numberOutOfRange)
    #expect(flaws("[0.001e131074]".bytes) == [])
    #expect(flaws("[1e99999999999999999999]".bytes) == .numberOutOfRange)
    #expect(flaws(String(repeating: "9", count: 131_072).bytes) == [])
    #expect(flaws(String(repeating: "9", count: 131_073).bytes) == .numberOutOfRange)
  }

  @Test("R16 every form that is not UTF-8 is found inside strings")
  func utf8() {
    let bad: [[UInt8]] = [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF0, 0x9F, 0x98],
    ]
    for bytes in bad { #expect(flaws([0x22] + bytes + [0x22]) == .invalidUTF8, "\(bytes)") }
    // Outside of strings it is no JSON at all.
    #expect(flaws([0xC3, 0xA9]) == nil)
  }

  @Test("the UTF-8 check agrees with the standard library on random bytes")
  func utf8Property() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<20_000 {
      let bytes = (0..<random.below(8)).map { _ in
        let high = UInt8(0x80 + random.below(128))
        return random.below(3) == 0 ? UInt8(0x61 + random.below(20)) : high
      }
      let expected: JSONFlaws = String(validating: bytes, as: UTF8.self) == nil ? .invalidUTF8 : []
      #expect(flaws([0x22] + bytes + [0x22]) == expected, "\(bytes)")
    }
  }

  @Test("nesting beyond the limit is a flaw, however deep")
  func depth() {
    func nested(_ depth: Int) -> [UInt8] {
      (String(repeating: #"[{"a":"#, count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)).bytes
    }
    #expect(flaws(nested(64)) == [])
    #expect(flaws(nested(66)) == .tooDeep)
    #expect(flaws(nested(200_000)) == .tooDeep)
    #expect(flaws(Array(nested(200).dropLast())) == nil)
  }

  @Test("members and elements are walked without a tree, past records with flaws")
  func walking() throws {
    let bytes = #" { "a" : [ 1 , {"x":"\u0000"} , "z" ] , "\u0062" : {} } "#.bytes
    let span = bytes.span
    var scanner = JSONScanner()
    let isObject = scanner.openObject(span)
    try #require(isObject)
    let first = try scanner.nextKey(span)
    #expect(first.map { text(bytes[$0.range]) } == "a" && first?.hasEscapes == false)
    let isArray = scanner.openArray(span)
    try #require(isArray)
    var found: [(String, JSONFlaws)] = []
    while try scanner.nextElement(span) {
      scanner.flaws = []
      let range = try scanner.skipValue(span)
      found.append((text(bytes[range]), scanner.flaws))
    }
    #expect(found.map(\.0) == ["1", #"{"x":"\u0000"}"#, #""z""#])
    #expect(found.map(\.1) == [[], .nulCharacter, []])
    let second = try scanner.nextKey(span)
    #expect(second?.hasEscapes == true)
    let isArrayToo = scanner.openArray(span)
    #expect(!isArrayToo)
    try scanner.skipValue(span)
    let end = try scanner.nextKey(span)
    #expect(end == nil)
    try scanner.finish(span)
  }

  @Test("mutated pages never crash anything, and what is still JSON is read alike by scanner and tree")
  func fuzz() {
    var random = SplitMix64(seed: printedSeed())
    let generator = RecordGenerator(seed: random.next(), organization: "RIO")
    let canonicalizer = RecordCanonicalizer(organization: "RIO")
    for round in 0..<400 {
      var builder = ReadSyncPageBuilder(organization: "RIO", jobId: "7", page: 0)
      for index in 0..<4 { _ = builder.append(generator.record(index: round * 4 + index)) }
      var page = builder.finish()
      for _ in 0..<(1 + random.below(6)) { mutate(&page, &random) }
      let parsed = try? JSONValue(parsing: page)
      #expect((parsed != nil) == (flaws(page) == []))
      let event = CloudEvent(id: "1", source: "s", type: ReadSyncMessage.pageType, organization: "RIO", data: page)
      guard case .page(let decoded)? = try? ReadSyncMessage.decode(event) else { continue }
      for record in decoded.records {
        if case .accepted(let accepted) = canonicalizer.canonicalize(record) {
          #expect(flaws(accepted.data) == [])
          #expect(RecordCanonicalizer.contentHash(of: accepted.data) == accepted.contentHash)
        }
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let alphabet = "\"\\{}[],:u0e-.\u{0}n".bytes + [0x80, 0xC3, 0xED, 0xFF]
    let place = random.below(bytes.count)
    switch random.below(4) {
    case 0: bytes[place] = alphabet[random.below(alphabet.count)]
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(alphabet[random.below(alphabet.count)], at: place)
    default: bytes.removeSubrange(place..<min(bytes.count, place + random.below(20)))
    }
    if bytes.isEmpty { bytes = [0x20] }
  }
}
