import Kafka
import Runtime
import SyncDomain
import SyncWorker
import TestKit

/// One generated message of the topic of read syncs, and what must become of it.
struct HostileRecord {
  enum Fate: Hashable {
    /// Applied, with this `dor`.
    case applied(pfaId: String, dor: String)
    /// Listed as an issue, with this code.
    case rejected(pfaId: String, code: String)
    /// Kept with this code; nil: with any.
    case letter(code: String?)
    case skipped
    /// Kept, or this many records are accounted for: which of it is not the point.
    case accounted(records: Int)
  }

  let message: OutgoingMessage
  let fate: Fate
}

/// Makes hostile messages, each kind of trouble as often as the others.
struct HostileRecords {
  let world: WorkerWorld
  var random: SplitMix64
  private var count = 0

  init(_ world: WorkerWorld, seed: UInt64) {
    self.world = world
    random = SplitMix64(seed: seed)
  }

  private static let kinds: [@Sendable (inout HostileRecords) -> HostileRecord] = [
    { $0.good() }, { $0.good() }, { $0.injected() }, { $0.badEnvelope() }, { $0.unreadableHeader() },
    { $0.headerFlood() }, { $0.noise() }, { $0.cutOff() }, { $0.unknownType() }, { $0.mismatch() }, { $0.stranger() },
    { $0.smuggled() }, { $0.badText() }, { $0.badNumber() }, { $0.badOrder() }, { $0.oddShape() }, { $0.deep() },
    { $0.structured() }, { $0.badStructured() }, { $0.tombstone() }, { $0.oversized() }, { $0.oddPage() },
    { $0.twice() },
  ]

  mutating func next() -> HostileRecord {
    count += 1
    return HostileRecords.kinds[random.below(HostileRecords.kinds.count)](&self)
  }

  // MARK: Building blocks

  private var id: String { "H-\(count)" }

  private mutating func partition() -> Int32 { Int32(random.below(4)) }

  private func payload(_ record: String, organization: String = "RIO") -> [UInt8] {
    Array(#"{"organization":\#(HostileText.quoted(organization)),"record":\#(record)}"#.utf8)
  }

  private func record(_ id: String, data: String, order: String = #"{"block":1,"index":1}"#) -> String {
    #"{"pfaId":\#(HostileText.quoted(id)),"order":\#(order),"data":{\#(data)}}"#
  }

  private mutating func make(
    _ value: [UInt8]?, _ fate: HostileRecord.Fate, headers: [KafkaHeader]? = nil
  ) -> HostileRecord {
    let key = random.below(4) == 0 ? HostileText.bytes(random.below(40), &random) : Array(id.utf8)
    return HostileRecord(
      message: OutgoingMessage(
        topic: world.topics.readSync, partition: partition(), key: key, value: value,
        headers: headers ?? Events.headers()), fate: fate)
  }

  private func goodPayload(dor: String) -> [UInt8] {
    payload(
      record(
        id,
        data: #""dor":\#(HostileText.quoted(dor)),"source":"Purchase","purchasePrice":10.01,"#
          + #""originalStart":"2025-01-01","originalEnd":"2025-02-01","category":"C""#))
  }

  // MARK: What is applied

  private mutating func good() -> HostileRecord {
    make(goodPayload(dor: "D\(count % 5)"), .applied(pfaId: id, dor: "D\(count % 5)"))
  }

  /// Hostile text in every text of a record and of its envelope is text.
  private mutating func injected() -> HostileRecord {
    let text = HostileText.injection(&random)
    let pfaId = "\(text) \(count)"
    let data = ["dor", "category", "class", "manufacturer", "model", "contract", "areaSilo", "description", text]
      .map { "\(HostileText.quoted($0)):\(HostileText.quoted(text))" }.joined(separator: ",")
    return make(
      payload(record(pfaId, data: data)), .applied(pfaId: PfaIdentifier.normalized(pfaId), dor: text),
      headers: Events.headers(["ce_id": text, "ce_source": text, "ce_subject": text, "ce_time": text, "ce_jobid": text])
    )
  }

  private mutating func headerFlood() -> HostileRecord {
    let flood = (0..<(1 + random.below(1_500))).map { index in
      KafkaHeader(
        name: index % 7 == 0 ? HostileText.injection(&random).filter { $0 != "\0" } : "x-\(index)",
        value: index % 5 == 0 ? nil : HostileText.bytes(random.below(20), &random))
    }
    return make(
      goodPayload(dor: "flood"), .applied(pfaId: id, dor: "flood"), headers: flood + Events.headers() + flood.prefix(9))
  }

  private mutating func structured() -> HostileRecord {
    let event = CloudEvent(
      id: "s\(count)", source: HostileText.injection(&random).filter { $0.isLetter } + "x",
      type: ReadSyncMessage.changedType,
      organization: nil, data: goodPayload(dor: "structured"))
    return make(
      Events.structured(event), .applied(pfaId: id, dor: "structured"),
      headers: [KafkaHeader("content-type", "application/cloudevents+json; charset=utf-8")])
  }

  // MARK: What is kept as a dead letter

  private mutating func badEnvelope() -> HostileRecord {
    let name = ["ce_id", "ce_source", "ce_type", "ce_specversion"][random.below(4)]
    if random.below(4) == 0 {
      return make(
        goodPayload(dor: "x"), .letter(code: "UNSUPPORTED_SPECVERSION"),
        headers: Events.headers(["ce_specversion": ["0.3", "2.0", "one", "1.0.0"][random.below(4)]]))
    }
    return make(
      goodPayload(dor: "x"), .letter(code: "INVALID_ENVELOPE"),
      headers: Events.headers([name: random.below(2) == 0 ? nil : ""]))
  }

  private mutating func unreadableHeader() -> HostileRecord {
    let name = ["ce_id", "ce_source", "ce_type", "ce_organization"][random.below(4)]
    let value: [UInt8] = random.below(2) == 0 ? [0xFF, 0xFE, 0xC3, 0x28] : [0x61, 0, 0x62]
    return make(
      goodPayload(dor: "x"), .letter(code: "INVALID_ENVELOPE"),
      headers: Events.headers([name: nil]) + [KafkaHeader(name: name, value: value)])
  }

  private mutating func noise() -> HostileRecord {
    // Begins like no JSON object.
    make([0x7D] + HostileText.bytes(random.below(300), &random), .letter(code: "INVALID_JSON"))
  }

  private mutating func cutOff() -> HostileRecord {
    let whole = goodPayload(dor: "x")
    return make(Array(whole.prefix(random.below(whole.count - 1))), .letter(code: "INVALID_JSON"))
  }

  private mutating func unknownType() -> HostileRecord {
    let type = ["pems.record.deleted", HostileText.injection(&random), "PEMS.RECORD.CHANGED"][random.below(3)]
    return make(goodPayload(dor: "x"), .letter(code: "UNKNOWN_TYPE"), headers: Events.headers(["ce_type": type]))
  }

  private mutating func mismatch() -> HostileRecord {
    make(
      goodPayload(dor: "x"), .letter(code: "ORGANIZATION_MISMATCH"),
      headers: Events.headers(["ce_organization": ["RIO2", "rio", "RIO "][random.below(3)]]))
  }

  private mutating func stranger() -> HostileRecord {
    let name = HostileText.injection(&random)
    return make(
      payload(record(id, data: #""dor":"x""#), organization: name), .letter(code: "UNKNOWN_ORGANIZATION"),
      headers: Events.headers(["ce_organization": nil]))
  }

  private mutating func badStructured() -> HostileRecord {
    let good = String(decoding: goodPayload(dor: "x"), as: UTF8.self)
    let head = #""specversion":"1.0","id":"1","source":"s","type":"\#(ReadSyncMessage.changedType)""#
    let texts = [
      "{\(head)", "{\(head),\"data_base64\":\"A===\"}", "{\"specversion\":\"1.0\",\"data\":\(good)}", "[\(good)]",
      "{\(head)}", "{\(head),\"data\":null}", "{\(head),\"data\":\"text\"}", "{\(head),\"data\":[1]}", "null", "\"\"",
    ]
    return make(
      Array(texts[random.below(texts.count)].utf8), .letter(code: nil),
      headers: [KafkaHeader("content-type", "application/cloudevents+json")])
  }

  // MARK: What is rejected as a record

  /// A record that says that it is somebody else's.
  private mutating func smuggled() -> HostileRecord {
    make(
      payload(record(id, data: #""dor":"x","organization":"RIO2""#)),
      .rejected(pfaId: id, code: "ORGANIZATION_MISMATCH"))
  }

  private mutating func badText() -> HostileRecord {
    let (text, code) =
      [(#"a\u0000b"#, "NUL_CHARACTER"), (#"\ud83d"#, "LONE_SURROGATE"), (#"\udc00x"#, "LONE_SURROGATE")][
        random.below(3)]
    if random.below(3) == 0 {
      let halves = String(decoding: payload(record(id, data: #""dor":"|""#)), as: UTF8.self).split(separator: "|")
      return make(
        Array(halves[0].utf8) + [[0xC3, 0x28], [0xFF], [0xED, 0xA0, 0x80], [0xF8, 0x88]][random.below(4)]
          + Array(halves[1].utf8),
        .rejected(pfaId: id, code: "INVALID_UTF8"))
    }
    let field = ["dor", "unknownField", "description"][random.below(3)]
    return make(payload(record(id, data: "\"\(field)\":\"\(text)\"")), .rejected(pfaId: id, code: code))
  }

  private mutating func badNumber() -> HostileRecord {
    let number = HostileText.numbers[random.below(HostileText.numbers.count)]
    let field = ["monthlyRate", "purchasePrice", "unknownField"][random.below(3)]
    return make(payload(record(id, data: "\"\(field)\":\(number)")), .accounted(records: 1))
  }

  private mutating func badOrder() -> HostileRecord {
    let order = [
      #"{"block":1e30,"index":1}"#, #"{"block":"1; DROP","index":1}"#, "[1,2]",
      #"{"block":9223372036854775808,"index":0}"#,
      #"{"block":1.5,"index":1}"#, #""1""#, #"{"index":1}"#,
    ]
    return make(
      payload(record(id, data: #""dor":"x""#, order: order[random.below(order.count)])),
      .rejected(pfaId: id, code: "INVALID_ORDER"))
  }

  private mutating func oversized() -> HostileRecord {
    // A B-tree takes no such category; a description may be long.
    let size = 20_000 + random.below(400_000)
    var text = ""
    for _ in 0..<(size / 12) { text += String(random.next(), radix: 36) }
    if random.below(2) == 0 {
      return make(
        payload(record(id, data: #""dor":"big","description":"\#(text)""#)), .applied(pfaId: id, dor: "big"))
    }
    return make(payload(record(id, data: #""category":"\#(text)""#)), .rejected(pfaId: id, code: "REFUSED_54000"))
  }

  // MARK: What only must not be lost

  private mutating func oddShape() -> HostileRecord {
    let shapes = [
      "5", "null", "[]", "true", "{}", #"{"pfaId":5,"data":{}}"#, #"{"pfaId":{"a":1},"data":{}}"#,
      #"{"data":{"dor":"x"}}"#,
      #"{"pfaId":"\#(id)","data":[]}"#, #"{"pfaId":"\#(id)","data":"x"}"#, #"{"pfaId":" ","data":{}}"#,
      #"{"pfaId":"\#(id)","data":{"forecastStart":{"a":[]},"monthlyRate":"12,34,56","isActualized":[1],"source":7}}"#,
      #"{"pfaId":"\#(id)","data":{"dor":"a","dor":"b"},"pfaId":"\#(id)"}"#,
    ]
    return make(payload(shapes[random.below(shapes.count)]), .accounted(records: 1))
  }

  private mutating func deep() -> HostileRecord {
    let json = HostileText.nested(&random)
    switch random.below(3) {
    case 0: return make(Array(json.utf8), .letter(code: nil))
    case 1: return make(payload(record(id, data: "\"extra\":\(json)")), .accounted(records: 1))
    default: return make(Array(#"{"x":\#(json),"organization":"RIO","record":{}}"#.utf8), .accounted(records: 1))
    }
  }

  private mutating func oddPage() -> HostileRecord {
    let page = ["0", "-1", "99999999999999999999", "1.5", #""1; DROP""#, "2147483648", "7"][random.below(7)]
    let job = [UUIDText.random(), HostileText.injection(&random), "", "00000000-0000-0000-0000-00000000000Z"]
    let (records, count) = [
      ("[]", 0), ("[1,2]", 2), ("{}", 0), ("[\(record(id, data: #""dor":"page""#))]", 1), ("null", 0),
    ][random.below(5)]
    let text =
      #"{"organization":"RIO","jobId":\#(HostileText.quoted(job[random.below(4)])),"page":\#(page),"records":\#(records)}"#
    return make(
      Array(text.utf8), .accounted(records: count), headers: Events.headers(["ce_type": ReadSyncMessage.pageType]))
  }

  /// Two of a name: one of them counts, whichever it is.
  private mutating func twice() -> HostileRecord {
    let text =
      #"{"organization":"RIO2","record":5,"organization":"RIO","record":\#(record(id, data: #""dor":"twice""#))}"#
    return make(Array(text.utf8), .accounted(records: 1))
  }

  private mutating func tombstone() -> HostileRecord {
    make(
      nil, .skipped, headers: random.below(2) == 0 ? [] : Events.headers(["ce_type": HostileText.injection(&random)]))
  }
}
