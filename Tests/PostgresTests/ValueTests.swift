import Postgres
import Testing

@Suite("Values")
struct ValueTests {
  @Test("Scalars come back as they went")
  func scalars() async throws {
    try await withSession { session in
      let row = try #require(
        try session.query(
          """
          SELECT $1::text AS t, $2::bytea AS b, $3::int8 AS i, $4::int4 AS j, $5::bool AS f, $6::float8 AS d,
                 $7::jsonb AS js, $8::uuid AS u, $9::numeric AS n, $10::text AS nothing
          """,
          [
            .text("it's \"ünï\" 🦆\n\\"), .bytes([0, 1, 255, 92]), .int(.min), .int4(-7), .bool(true), .double(0.1),
            .json(Array(#"{"a": [1, "é"]}"#.utf8)), .uuid("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
            .text("123456789012345678901234567890.5"), .null,
          ]
        ).first)
      #expect(try row.string("t") == "it's \"ünï\" 🦆\n\\")
      #expect(try row.bytea("b") == [0, 1, 255, 92])
      #expect(try row.integer("i") == .min)
      #expect(try row.int("j") == -7)
      #expect(try row.bool("f") == true)
      #expect(try row.double("d") == 0.1)
      #expect(try row.bytes("js") == Array(#"{"a": [1, "é"]}"#.utf8))
      #expect(try row.text("u") == "6f9619ff-8b86-d011-b42d-00c04fc964ff")
      #expect(try row.text("n") == "123456789012345678901234567890.5")
      #expect(try row.text("nothing") == nil)
      #expect(try row.isNull("nothing"))
      #expect(row[3].text == "-7")
    }
  }

  @Test("Empty values are not null")
  func empty() async throws {
    try await withSession { session in
      let row = try #require(
        try session.query(
          "SELECT $1::text AS t, $2::bytea AS b, $3::text[] AS a",
          [.text(""), .bytes([]), .array(.text([]))]
        ).first)
      #expect(try row.text("t") == "")
      #expect(try row.bytea("b") == [])
      #expect(try row.textArray("a") == [])
    }
  }

  @Test("A NUL in a text, a document or a statement is a conversion error, not an end")
  func nul() async throws {
    try await withSession { session in
      for value in [PGValue.text("a\0b"), .json([0x22, 0, 0x22])] {
        let error = try pgError { try session.query("SELECT $1::text", [value]) }
        #expect(error.kind == .conversion)
      }
      #expect(try pgError { try session.query("SELECT 1\0; DROP") }.kind == .conversion)
      #expect(try pgError { try session.execute("SELECT 1\0") }.kind == .conversion)
      let array = try pgError { try session.query("SELECT $1::text[]", [.array(.text(["a\0b"]))]) }
      #expect(array.sqlstate == "22021")
      #expect(array.isDataError)
      #expect(try session.query("SELECT 1").first?[0].int == 1)
    }
  }

  @Test("Arrays: quotes, unicode, nulls, commas, braces, empty text")
  func arrays() async throws {
    let texts: [String?] = ["plain", "", nil, "NULL", "a,b", "{x}", "q\"uo\\te", "日本🦆", " space ", "line\nbreak"]
    try await withSession { session in
      let row = try #require(
        try session.query(
          "SELECT $1::text[] AS t, $2::int8[] AS i, $3::int4[] AS j, $4::bool[] AS b, $5::float8[] AS d",
          [
            .array(.text(texts)), .array(.int8([.max, nil, -1])), .array(.int4([1, nil])),
            .array(.bool([true, nil, false])), .array(.double([1.5, nil])),
          ]
        ).first)
      #expect(try row.textArray("t") == texts)
      #expect(try row.textArray("i") == ["9223372036854775807", nil, "-1"])
      #expect(try row.textArray("j") == ["1", nil])
      #expect(try row.textArray("b") == ["t", nil, "f"])
      #expect(try row.textArray("d") == ["1.5", nil])
    }
  }

  @Test("Random text arrays come back as they went")
  func randomArrays() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("random arrays: seed \(seed)")
    try await withSession { session in
      var generator = SplitMix(state: seed)
      let alphabet: [Character] = ["a", "\"", "\\", ",", "{", "}", " ", "N", "U", "L", "é", "🦆", "\t", "'"]
      for _ in 0..<200 {
        let values: [String?] = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
          if Int.random(in: 0..<5, using: &generator) == 0 { return nil }
          let length = Int.random(in: 0...6, using: &generator)
          return String((0..<length).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
        }
        let back = try session.query("SELECT $1::text[]", [.array(.text(values))]).first?[0].textArray
        #expect(back == values)
      }
    }
  }

  @Test("A copy of an array does not see later appends")
  func copies() {
    var first = PGArray(elementOID: PGType.text)
    first.append("a")
    var second = first
    second.append(bytes: Array("b".utf8)[...])
    #expect(first.count == 1)
    #expect(second.count == 2)
  }

  @Test("An array of 26 MB arrives whole")
  func large() async throws {
    var array = PGArray(elementOID: PGType.text)
    let element = [UInt8](repeating: UInt8(ascii: "x"), count: 650)
    for _ in 0..<40_000 { array.append(element.span) }
    array.append([UInt8](repeating: UInt8(ascii: "y"), count: 3).span)
    let sent = array
    try await withSession { session in
      let row = try session.query(
        "SELECT count(*) AS n, sum(length(x)) AS bytes FROM unnest($1::text[]) x", [.array(sent)]
      ).first
      #expect(try row?.int("n") == 40_001)
      #expect(try row?.int("bytes") == 26_000_003)
    }
  }

  @Test("Reading a field as what it is not names the column and no value")
  func conversions() async throws {
    try await withSession { session in
      let row = try #require(
        try session.query("SELECT 'secret' AS word, null::int AS n, '{{a},{b}}'::text[] AS deep").first)
      for read in [{ _ = try row.int("word") }, { _ = try row.bool("word") }, { _ = try row.double("word") }] {
        let error = try pgError(read)
        #expect(error.kind == .conversion)
        #expect(error.description.contains("word"))
        #expect(!error.debugDescription.contains("secret"))
      }
      #expect(try pgError { _ = try row.integer("n") }.message == "column n is null")
      #expect(try pgError { _ = try row.string("n") }.kind == .conversion)
      #expect(try pgError { _ = try row.text("absent") }.message.contains("absent"))
      #expect(try pgError { _ = try row.textArray("deep") }.kind == .conversion)
      #expect(try pgError { _ = try row.bytea("word") }.kind == .conversion)
    }
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
