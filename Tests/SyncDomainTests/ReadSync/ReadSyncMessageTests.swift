import SyncDomain
import Testing

private func decode(
  _ type: String, _ payload: String, organization: String? = nil
) throws(MessageFault) -> ReadSyncMessage {
  try ReadSyncMessage.decode(
    CloudEvent(id: "1", source: "s", type: type, organization: organization, data: payload.bytes))
}

private func fault(_ type: String, _ payload: String, organization: String? = nil) -> MessageFault? {
  do throws(MessageFault) {
    _ = try decode(type, payload, organization: organization)
    return nil
  } catch {
    return error
  }
}

@Suite struct ReadSyncMessageTests {
  @Test("a request reads back as it was written")
  func request() throws {
    for mode in ReadSyncMode.allCases {
      let request = ReadSyncRequest(
        organization: "RIO", mode: mode, source: "pems", pageSize: 500, dryRun: true, requestedBy: "a\"b")
      guard case .requested(let read) = try decode(ReadSyncMessage.requestedType, text(request.encoded())) else {
        Issue.record("not a request")
        return
      }
      #expect(read == request)
    }
    let smallest = #"{"mode":"full","source":"pems","pageSize":null,"extra":{"a":["\u0000"]}}"#
    guard case .requested(let read) = try decode(ReadSyncMessage.requestedType, smallest, organization: "RIO") else {
      Issue.record("not a request")
      return
    }
    #expect(read == ReadSyncRequest(organization: "RIO", mode: .full, source: "pems"))
  }

  @Test("a fault names its field")
  func faults() {
    let request = ReadSyncMessage.requestedType
    func check(_ payload: String, _ reason: String, type: String = ReadSyncMessage.requestedType) {
      #expect(fault(type, payload) == MessageFault(code: "INVALID_MESSAGE", reason: reason), "\(payload)")
    }
    check(#"{"mode":"full","source":"s"}"#, "organization is missing")
    check(#"{"organization":"RIO","source":"s"}"#, "mode is missing")
    check(#"{"organization":"RIO","mode":"some","source":"s"}"#, "mode is not full, incremental or manual")
    check(#"{"organization":"RIO","mode":"full"}"#, "source is missing")
    check(#"{"organization":"RIO","mode":"full","source":7}"#, "source is not a string")
    check(#"{"organization":"RIO","mode":"full","source":"s","pageSize":0}"#, "pageSize is not positive")
    check(#"{"organization":"RIO","mode":"full","source":"s","pageSize":"1"}"#, "pageSize is not an integer")
    check(#"{"organization":"RIO","mode":"full","source":"s","dryRun":"Y"}"#, "dryRun is not true or false")
    check(#"{"organization":5,"mode":"full","source":"s"}"#, "organization is not a string")
    check("[]", "the payload is not an object")
    let page = ReadSyncMessage.pageType
    check(#"{"organization":"RIO","page":0,"records":[]}"#, "jobId is missing", type: page)
    check(#"{"organization":"RIO","jobId":"1","records":[]}"#, "page is missing", type: page)
    check(#"{"organization":"RIO","jobId":"1","page":-1,"records":[]}"#, "page is negative", type: page)
    check(#"{"organization":"RIO","jobId":"1","page":0}"#, "records is missing", type: page)
    check(#"{"organization":"RIO","jobId":"1","page":0,"records":{}}"#, "records is not a list", type: page)
    check(#"{"organization":"RIO"}"#, "record is missing", type: ReadSyncMessage.changedType)
    for bad in ["", "{", "nope", "{} {}", "{\"a\":\u{1}}"] {
      #expect(fault(request, bad)?.code == "INVALID_JSON", "\(bad)")
    }
    #expect(fault("pfa.unknown", "{}")?.code == "UNKNOWN_TYPE")
    #expect(fault("pfa.unknown", "{}")?.reason == "unknown type 'pfa.unknown'")
    let hostile = fault("a\u{1B}[2J\u{202E}\u{0}" + String(repeating: "x", count: 200), "{}")?.reason
    #expect(hostile == "unknown type 'a?[2J??\(String(repeating: "x", count: 93))…'")
  }

  @Test("header and payload must name the same organization")
  func organization() throws {
    let payload = #"{"organization":"RIO2","record":{}}"#
    #expect(fault(ReadSyncMessage.changedType, payload, organization: "RIO")?.code == "ORGANIZATION_MISMATCH")
    #expect(fault(ReadSyncMessage.changedType, payload, organization: "RIO2") == nil)
    #expect(fault(ReadSyncMessage.changedType, #"{"record":{}}"#, organization: "RIO") == nil)
  }

  @Test("R16 one changed record, also behind a byte order mark")
  func changed() throws {
    let payload = "\u{FEFF}" + #"{"organization":"RIO","record": {"pfaId":"1","data":{}} }"#
    guard case .changed("RIO", let record) = try decode(ReadSyncMessage.changedType, payload) else {
      Issue.record("not a change")
      return
    }
    #expect(text(record) == #"{"pfaId":"1","data":{}}"#)
  }

  @Test("R19 records that can not be stored do not take their page with them")
  func poison() throws {
    let bad: [[UInt8]] = [
      #"{"pfaId":"n","data":{"model":"\u0000"}}"#.bytes, #"{"pfaId":"s","data":{"model":"\ud800"}}"#.bytes,
      #"{"pfaId":"u","data":{"model":""#.bytes + [0xFF] + #""}}"#.bytes, #"{"pfaId":"r","data":{"zz":1e999999}}"#.bytes,
      #"{"pfaId":"o","data":{"organization":"RIO2"}}"#.bytes, "7".bytes,
      #"{"pfaId":"d","data":{"zz":"#.bytes + Array(repeating: 0x5B, count: 99) + Array(repeating: 0x5D, count: 99)
        + "}}".bytes,
    ]
    var payload = #"{"organization":"RIO","jobId":"7","page":3,"records":[{"pfaId":"good","data":{}}"#.bytes
    for record in bad { payload += [0x2C] + record }
    payload += #",{"pfaId":"good2","data":{}}]}"#.bytes
    let event = CloudEvent(id: "1", source: "s", type: ReadSyncMessage.pageType, data: payload)
    guard case .page(let page) = try ReadSyncMessage.decode(event) else {
      Issue.record("not a page")
      return
    }
    let canonicalizer = RecordCanonicalizer(organization: page.organization)
    let codes = page.records.map { record -> String in
      switch canonicalizer.canonicalize(record) {
      case .accepted: "ok"
      case .rejected(let issue): issue.code
      }
    }
    #expect(
      codes == [
        "ok", "NUL_CHARACTER", "LONE_SURROGATE", "INVALID_UTF8", "NUMBER_OUT_OF_RANGE", "ORGANIZATION_MISMATCH",
        "INVALID_RECORD",
        "TOO_DEEP", "ok",
      ])
    #expect(page.jobId == "7" && page.page == 3)
  }

  @Test("R22 pages hold at most 1,000 records and 900 KB, and read back complete")
  func pages() throws {
    let generator = RecordGenerator(seed: printedSeed(), organization: "R\"IO")
    var builder = ReadSyncPageBuilder(organization: "R\"IO", jobId: "j", page: 0)
    var payloads: [[UInt8]] = []
    var total = 0
    for index in 0..<2_500 {
      let record = generator.record(index: index)
      if !builder.append(record) {
        payloads.append(builder.finish())
        builder = ReadSyncPageBuilder(organization: "R\"IO", jobId: "j", page: payloads.count)
        let fits = builder.append(record)
        #expect(fits)
      }
    }
    payloads.append(builder.finish())
    for (number, payload) in payloads.enumerated() {
      #expect(payload.count <= 900_000)
      guard case .page(let page) = try decode(ReadSyncMessage.pageType, text(payload)) else { continue }
      #expect(page.page == number && page.records.count <= 1_000 && page.organization == "R\"IO")
      total += page.records.count
    }
    #expect(total == 2_500 && payloads.count == 3)
  }

  @Test("ids that stand for records the mirror has are texts; a batch counts them as received and unchanged")
  func known() throws {
    let message = #"{"organization":"RIO","jobId":"7","page":1,"records":[],"known":["a","b\u0022"]}"#
    guard case .page(let page) = try decode(ReadSyncMessage.pageType, message) else {
      Issue.record("not a page")
      return
    }
    #expect(page.known == ["a", "b\""] && page.records.isEmpty)
    let batch = RecordBatch(organization: "RIO", page: nil, outcomes: [], known: page.known)
    #expect(batch.received == 2 && batch.records.isEmpty && batch.known == page.known)
    let wrong = #"{"organization":"RIO","jobId":"7","page":1,"records":[],"known":["a",7]}"#
    #expect(throws: MessageFault.self) { try decode(ReadSyncMessage.pageType, wrong) }
  }

  @Test("R22 a page of large records ends before 900 KB; a single one that is larger still goes out")
  func largeRecords() {
    func record(_ bytes: Int) -> CanonicalRecord {
      let data = #"{"x":"\#(String(repeating: "x", count: bytes))"}"#.bytes
      return CanonicalRecord(pfaId: "1", order: nil, discontinued: false, data: data, contentHash: 0)
    }
    var builder = ReadSyncPageBuilder(organization: "RIO", jobId: "j", page: 0)
    while builder.append(record(100_000)) {}
    #expect(builder.count == 8 && builder.byteCount <= 900_000)
    #expect(builder.finish().count <= 900_000)
    var single = ReadSyncPageBuilder(organization: "RIO", jobId: "j", page: 0)
    let first = single.append(record(950_000))
    let second = single.append(record(1))
    #expect(first && !second)
  }

  @Test("what the reader found travels with the page")
  func issues() throws {
    let canonicalizer = RecordCanonicalizer(organization: "RIO")
    var builder = ReadSyncPageBuilder(organization: "RIO", jobId: "j", page: 0)
    guard
      case .accepted(let record) = canonicalizer.canonicalize(
        fields: [("pfaId", .text("1")), ("monthlyRate", .text("x")), ("source", .text("?"))], order: nil)
    else {
      Issue.record("rejected")
      return
    }
    let lost = FieldIssue(pfaId: nil, field: "pfaId", code: "MISSING_PFA_ID", raw: "a\"\0")
    let added = builder.append(record)
    let noted = builder.append(rejected: lost)
    #expect(added && noted && builder.count == 1)
    guard case .page(let page) = try decode(ReadSyncMessage.pageType, text(builder.finish())) else { return }
    #expect(page.issues == [FieldIssue(pfaId: "1", field: "monthlyRate", code: "INVALID_NUMBER", raw: "x")])
    #expect(page.rejected == [lost])
    // The unknown source is still in the record and reported once, on receipt.
    guard case .accepted(let read) = canonicalizer.canonicalize(page.records[0]) else { return }
    #expect(read.issues.map(\.code) == ["UNKNOWN_SOURCE"])
  }
}
