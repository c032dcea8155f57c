import SyncDomain
import Testing

private let binary: [(String, String)] = [
  ("ce_specversion", "1.0"), ("ce_id", "e-1"), ("ce_source", "/pems"), ("ce_type", "pems.record.changed"),
  ("ce_time", "2026-01-01T00:00:00Z"), ("ce_subject", "PFA-1"), ("ce_organization", "RIO"), ("ce_jobid", "7"),
  ("traceparent", "00-a-b-01"), ("content-type", "application/json"),
]

private func decode(_ headers: [(String, String)], _ value: String?) -> CloudEvent.Decoded {
  CloudEvent.decode(headers: headers.map { ($0.0, $0.1.bytes) }, key: nil, value: value?.bytes)
}

private func fault(_ decoded: CloudEvent.Decoded) -> MessageFault? {
  if case .undecodable(let fault) = decoded { fault } else { nil }
}

private func event(_ decoded: CloudEvent.Decoded) -> CloudEvent? {
  if case .event(let event) = decoded { event } else { nil }
}

@Suite struct CloudEventTests {
  private let expected = CloudEvent(
    id: "e-1", source: "/pems", type: "pems.record.changed", time: "2026-01-01T00:00:00Z", subject: "PFA-1",
    organization: "RIO", jobid: "7", traceparent: "00-a-b-01", data: "{}".bytes)

  @Test("binary mode, header names in any case")
  func binaryMode() {
    #expect(event(decode(binary, "{}")) == expected)
    #expect(event(decode(binary.map { ($0.0.uppercased(), $0.1) }, "{}")) == expected)
  }

  @Test("an event's own headers read back as the event")
  func headers() {
    #expect(CloudEvent.decode(headers: expected.binaryHeaders, key: nil, value: expected.data) == .event(expected))
    let small = CloudEvent(id: "1", source: "s", type: "t", data: [1])
    #expect(CloudEvent.decode(headers: small.binaryHeaders, key: nil, value: [1]) == .event(small))
  }

  @Test("foreign headers of any bytes are no business of ours")
  func foreign() {
    let headers = expected.binaryHeaders + [("x-trace", [0xFF]), ("empty", nil), ("traceparent", [0xFF])]
    #expect(CloudEvent.decode(headers: headers, key: nil, value: expected.data) == .event(expected))
    let bad = CloudEvent.decode(headers: [("ce_id", [0xFF])], key: nil, value: [])
    #expect(fault(bad)?.code == "INVALID_ENVELOPE")
  }

  @Test(
    "structured mode",
    arguments: [
      "application/cloudevents+json", "application/cloudevents+json; charset=utf-8",
      "Application/CloudEvents+JSON;charset=UTF-8",
    ])
  func structured(_ contentType: String) {
    let value = #"""
      {"specversion":"1.0","id":"e-1","source":"/pems","type":"pems.record.changed","time":"2026-01-01T00:00:00Z",
       "subject":"PFA-1","organization":"RIO","jobid":7,"traceparent":"00-a-b-01","datacontenttype":"application/json",
       "data": {"a":"\u0000"} }
      """#
    var expected = expected
    expected.data = #"{"a":"\u0000"}"#.bytes
    #expect(event(decode([("content-type", contentType)], value)) == expected)
  }

  @Test("structured mode carries bytes as base64")
  func base64() {
    func decoded(_ text: String) -> CloudEvent.Decoded {
      decode(
        [("content-type", "application/cloudevents+json")],
        #"{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"\#(text)"}"#)
    }
    #expect(event(decoded("eyJhIjoxfQ=="))?.data == #"{"a":1}"#.bytes)
    #expect(event(decoded("AP+A"))?.data == [0, 0xFF, 0x80])
    #expect(event(decoded(""))?.data == [])
    for bad in ["A", "A===", "AB=C", "AB\\n=", "AR==", "====", "é==="] {
      #expect(fault(decoded(bad))?.code == "INVALID_ENVELOPE", "\(bad)")
    }
  }

  @Test("a null value is a tombstone whatever the headers say")
  func tombstone() {
    #expect(decode(binary, nil) == .tombstone)
    #expect(decode([], nil) == .tombstone)
    #expect(CloudEvent.decode(headers: [("ce_id", [0xFF])], key: [1], value: nil) == .tombstone)
  }

  @Test("a missing attribute is named", arguments: ["id", "source", "type", "specversion"])
  func missing(_ name: String) {
    let absent = fault(decode(binary.filter { $0.0 != "ce_\(name)" }, "{}"))
    let empty = fault(decode(binary.map { $0.0 == "ce_\(name)" ? ($0.0, "") : $0 }, "{}"))
    for fault in [absent, empty] {
      #expect(fault == MessageFault(code: "INVALID_ENVELOPE", reason: "ce_\(name) is missing"))
    }
  }

  @Test("other versions and broken structured events are told apart")
  func faults() {
    let version = binary.map { $0.0 == "ce_specversion" ? ($0.0, "0.3") : $0 }
    #expect(fault(decode(version, "{}"))?.code == "UNSUPPORTED_SPECVERSION")
    let structured = [("content-type", "application/cloudevents+json")]
    for value in ["", "{", "nope", #"{"id":"1"} x"#, "[1]"] {
      #expect(fault(decode(structured, value))?.code == "INVALID_JSON", "\(value)")
    }
    #expect(fault(decode(structured, "{}"))?.code == "INVALID_ENVELOPE")
    #expect(
      fault(decode(structured, #"{"specversion":"1.0","id":"\u0000","source":"s","type":"t"}"#))?.code
        == "INVALID_ENVELOPE")
    #expect(fault(decode([("content-type", "application/cloudevents-batch+json")], "[]"))?.code == "INVALID_ENVELOPE")
    #expect(fault(decode([], "{}"))?.code == "INVALID_ENVELOPE")
  }

  @Test("mutated structured events are events or faults, never a crash")
  func fuzz() {
    var random = SplitMix64(seed: printedSeed())
    let whole = #"{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"AP+A","x":[1,{"a":null}]}"#.bytes
    let headers: [(String, [UInt8]?)] = [("content-type", "application/cloudevents+json".bytes)]
    for _ in 0..<5_000 {
      var value = whole
      for _ in 0..<(1 + random.below(3)) {
        let place = random.below(value.count)
        if random.below(2) == 0 { value[place] = UInt8(random.below(256)) } else { value.remove(at: place) }
      }
      let decoded = CloudEvent.decode(headers: headers, key: nil, value: value)
      #expect(decoded != .tombstone)
    }
  }
}
