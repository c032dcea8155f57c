import CZlib
import Glibc
import PEMS
import SyncDomain
import Testing

private func fileSource(_ path: String, _ change: (inout SourceDefinition) -> Void = { _ in }) -> FileSource {
  var definition = SourceDefinition(name: "disk", kind: .file)
  definition.path = path
  change(&definition)
  return FileSource(definition)
}

private func ndjson(_ count: Int) -> [UInt8] { generated(count).flatMap { $0.encoded() + [0x0A] } }

private func gzip(_ bytes: [UInt8], to path: String) {
  let file = gzopen(path, "wb")
  gzwrite(file, bytes, UInt32(bytes.count))
  gzclose(file)
}

@Suite("Files") struct FileSourceTests {
  @Test("NDJSON in our own form, page by page, plain and gzip", arguments: ["r.ndjson", "r.ndjson.gz"])
  func pages(name: String) async throws {
    try await withDirectory { directory in
      let path = directory + "/" + name
      if name.hasSuffix("gz") { gzip(ndjson(25), to: path) } else { write(ndjson(25), to: path) }
      let whole = try await readAll(fileSource(path))
      #expect(whole.records.map(\.contentHash) == generated(25).map(\.contentHash))
      #expect(whole.records.map(\.order) == generated(25).map(\.order))
      #expect(whole.pages.map(\.records.count) == [10, 10, 5])
      #expect(whole.pages.allSatisfy { $0.serverTime ?? 0 > 1_600_000_000_000 })
    }
  }

  @Test("R22 a page is bounded by bytes too")
  func byteBound() async throws {
    try await withDirectory { directory in
      write(ndjson(40), to: directory + "/r.ndjson")
      let whole = try await readAll(
        fileSource(directory + "/r.ndjson") { $0.maxResponseBytes = 4_096 }, pageSize: 1_000)
      #expect(whole.records.count == 40)
      #expect(whole.pages.count > 5)
    }
  }

  @Test("R21 another reader goes on from the cursor", arguments: ["r.ndjson", "r.ndjson.gz", "r.csv"])
  func resume(name: String) async throws {
    try await withDirectory { directory in
      let path = directory + "/" + name
      switch name {
      case "r.csv": write("pfaId,category\n".utf8 + (0..<25).flatMap { "P\($0),\"a\nb\"\n".utf8 }, to: path)
      case "r.ndjson": write(ndjson(25), to: path)
      default: gzip(ndjson(25), to: path)
      }
      let first = try await fileSource(path).page(PageRequest(organization: "RIO", mode: .full, pageSize: 10))
      let rest = try await readAll(fileSource(path), from: first.next)
      #expect(first.records.count == 10)
      #expect(rest.records.count == 15)
      #expect(Set((first.records + rest.records).map(\.pfaId)).count == 25)
    }
  }

  @Test("a file that changed since the checkpoint is refused")
  func changed() async throws {
    try await withDirectory { directory in
      let path = directory + "/r.ndjson"
      write(ndjson(15), to: path)
      let first = try await fileSource(path).page(PageRequest(organization: "RIO", mode: .full, pageSize: 10))
      write(ndjson(14), to: path)
      #expect(await failure { _ = try await readAll(fileSource(path), from: first.next) }?.code == "INVALID_CURSOR")
    }
  }

  @Test("R19 broken lines are rejected alone; a byte order mark, empty lines and CRLF do no harm")
  func brokenLines() async throws {
    try await withDirectory { directory in
      let lines = [
        "\u{FEFF}{\"pfaId\":\"A\",\"category\":\"x\"}\r", "", "{\"pfaId\":", "[1]", "{\"pfaId\":\"B\\u0000\"}",
        "{\"pfaId\":\"C\",\"order\":{\"block\":5,\"index\":2},\"data\":{\"category\":\"y\"}}",
      ]
      write(lines.joined(separator: "\n").utf8, to: directory + "/r.json")
      let whole = try await readAll(fileSource(directory + "/r.json"))
      #expect(whole.records.map(\.pfaId) == ["A", "C"])
      #expect(whole.records[1].order == SourceOrder(block: 5, index: 2))
      #expect(whole.rejected.map(\.code) == ["INVALID_JSON", "INVALID_RECORD", "NUL_CHARACTER"])
    }
  }

  @Test(
    "CSV: quotes, line breaks, doubled quotes, byte order mark, CRLF, semicolons",
    arguments: [
      ("pfaId,description\nA,plain\nB,\"with, comma\"\n", ["plain", "with, comma"]),
      (
        "\u{FEFF}pfaId,description\r\nA,\"two\r\nlines\"\r\nB,\"said \"\"so\"\"\"\r\n", ["two\r\nlines", "said \"so\""]
      ),
      ("pfaId;description\nA;\"a;b\"\nB;1,5", ["a;b", "1,5"]),
      ("\"pfaId\",\"description\"\n\n\"A\",\"x\"\nB,y\n\n", ["x", "y"]),
      ("\"pfaId\";\"description\"\nA;x\nB;y\n", ["x", "y"]),
    ])
  func csv(content: String, descriptions: [String]) async throws {
    try await withDirectory { directory in
      write(content.utf8, to: directory + "/r.csv")
      let whole = try await readAll(fileSource(directory + "/r.csv"))
      #expect(whole.records.map(\.pfaId) == ["A", "B"])
      let read = try whole.records.map { try JSONValue(parsing: $0.data)["description"]?.string }
      #expect(read == descriptions)
      #expect(whole.rejected.isEmpty)
    }
  }

  @Test("R16, R19 a NUL in the name of a field rejects its record alone, and is no news of a new field")
  func nulInName() async throws {
    try await withDirectory { directory in
      let line = Array(#"{"pfaId":"M-X","x\u0000y":1}"#.utf8)
      write(ndjson(3) + line + [0x0A], to: directory + "/r.ndjson")
      let whole = try await readAll(fileSource(directory + "/r.ndjson"))
      #expect(whole.records.count == 3)
      #expect(whole.pages.flatMap(\.rejected).map(\.code) == ["NUL_CHARACTER"])
      #expect(whole.pages.flatMap(\.drift).allSatisfy { !$0.field.utf8.contains(0) })
    }
  }

  @Test("CSV values are canonical: PEMS' names, dates, decimal commas, booleans, order")
  func csvValues() async throws {
    try await withDirectory { directory in
      let content = """
        PFS_ID;pfs_f_rental;pfs_p_startdate;pfs_f_actualized;pfs_lastmodified;recordid;pfs_f_dor
        A;1.234,50;15-JAN-2025;+;2025-01-31 09:30;7;
        """
      write(content.utf8, to: directory + "/r.csv")
      let whole = try await readAll(fileSource(directory + "/r.csv") { $0.locale = .comma })
      let record = try #require(whole.records.first)
      #expect(record.order == SourceOrder(block: 1_738_315_800_000, index: 7))
      #expect(
        text(record.data)
          == #"{"dor":null,"isActualized":true,"lastModified":"2025-01-31T09:30:00Z","monthlyRate":1234.5,"#
          + #""organization":"RIO","originalStart":"2025-01-15","pfaId":"A"}"#)
      #expect(whole.issues.isEmpty)
    }
  }

  @Test("R19 a CSV row with too few fields or bad bytes is rejected alone")
  func csvRows() async throws {
    try await withDirectory { directory in
      let content = Array("pfaId,category\nA\nB,x\nC,".utf8) + [0xC3, 0x28, 0x0A] + Array("D,y,z\nE,\n".utf8)
      write(content, to: directory + "/r.csv")
      let whole = try await readAll(fileSource(directory + "/r.csv"))
      #expect(whole.records.map(\.pfaId) == ["B", "E"])
      #expect(whole.rejected.map(\.code) == ["INVALID_RECORD", "INVALID_UTF8", "INVALID_RECORD"])
      #expect(whole.rejected.map(\.field) == ["line 2", "category", "line 5"])
    }
  }

  @Test(
    "CSV that can not be trusted stops with its line",
    arguments: [
      ("pfaId,a\nA,\"open\nB,1\n", "disk: line 2, field 2: a quoted field is never closed"),
      ("pfaId,a\nA,x\nB,\"x\"y\n", "disk: line 3, field 2: text after a closing quote"),
      ("pfaId,a\nA,x\"y\n", "disk: line 2, field 2: a quote inside a field that does not begin with one"),
      ("pfaId,a,a\nA,x,y\n", "disk: line 1: the column \"a\" stands there twice"),
    ])
  func csvFaults(content: String, message: String) async throws {
    try await withDirectory { directory in
      write(content.utf8, to: directory + "/r.csv")
      let error = await failure { _ = try await readAll(fileSource(directory + "/r.csv")) }
      #expect(error?.code == "SOURCE_INVALID")
      #expect(error?.message == message)
    }
  }

  @Test("R2 a cut gzip file fails, and never looks like the end")
  func cutGzip() async throws {
    try await withDirectory { directory in
      let whole = directory + "/r.ndjson.gz"
      gzip(ndjson(2_000), to: whole)
      var status = stat()
      stat(whole, &status)
      truncate(whole, status.st_size / 2)
      #expect(await failure { _ = try await readAll(fileSource(whole), pageSize: 100) }?.code == "SOURCE_INVALID")
    }
  }

  @Test("missing files and hostile organizations")
  func missing() async throws {
    #expect(await failure { _ = try await readAll(fileSource("/nonexistent")) }?.code == "FILE_NOT_FOUND")
    for path in ["/tmp", "/dev/zero"] {
      #expect(await failure { _ = try await readAll(fileSource(path)) }?.code == "FILE_NOT_FOUND")
    }
    let source = fileSource("/tmp/{organization}")
    for name in ["../etc/passwd", "..", "a/b", "a\u{0}b"] {
      #expect(await failure { _ = try await readAll(source, organization: name) }?.code == "INVALID_ORGANIZATION")
    }
  }

  @Test("A named pipe that nobody writes to is refused at once")
  func namedPipe() async throws {
    let path = "/tmp/syncline-pipe-\(UInt64.random(in: 0...UInt64.max))"
    try #require(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let refused = await failure { _ = try await readAll(fileSource(path)) }
    #expect(refused?.code == "FILE_NOT_FOUND" && refused?.message.hasSuffix("not a regular file") == true)
  }

  @Test("A blank and a quote in an organization's id spoil no path, and nothing does that the path does not name")
  func oddOrganizations() async throws {
    try await withDirectory { directory in
      for path in ["r.ndjson", "R I'O\"x.ndjson"] { write("{\"pfaId\":\"A\"}\n".utf8, to: directory + "/" + path) }
      for name in ["R I'O\"x", "a/b", ".."] {
        let whole = try await readAll(fileSource(directory + "/r.ndjson"), organization: name)
        #expect(whole.records.map(\.pfaId) == ["A"])
      }
      let whole = try await readAll(fileSource(directory + "/{organization}.ndjson"), organization: "R I'O\"x")
      #expect(whole.records.map(\.pfaId) == ["A"])
    }
  }

  @Test("R14 a critical column that is not there stops the read")
  func critical() async throws {
    try await withDirectory { directory in
      write("id,category\nA,x\n".utf8, to: directory + "/r.csv")
      #expect(await failure { _ = try await readAll(fileSource(directory + "/r.csv")) }?.code == "SCHEMA_DRIFT")
    }
  }

  @Test("random bytes never crash it", arguments: ["csv", "ndjson", "csv.gz"])
  func hostile(suffix: String) async throws {
    try await withDirectory { directory in
      let seed: UInt64 = 42
      var random = SplitMix64(seed: seed)
      let alphabet = Array("a,;\"\r\n{}[]:\\u0d8\u{7F}".utf8) + [0x00, 0xFF, 0xC3, 0xEF, 0xBB, 0xBF, 0x1F, 0x8B]
      for _ in 0..<60 {
        let bytes = Array("pfaId,a\n".utf8) + (0..<80).map { _ in alphabet[random.below(alphabet.count)] }
        let path = directory + "/r." + suffix
        write(bytes, to: path)
        _ = await failure { _ = try await readAll(fileSource(path)) }
      }
    }
  }
}
