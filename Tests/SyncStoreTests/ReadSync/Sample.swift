import Postgres
import SyncDomain
import SyncStore

/// A record of a test, with the fields that orders, groups and totals are made of; the first record of contract section
/// 6 unless told otherwise.
struct Sample {
  var id: String
  /// Nil: the record has no order.
  var block: Int64?
  var index: Int64 = 0
  var category: String? = "Cranes"
  var source: String? = "Rental"
  var dor: String? = "BEO"
  var rate: String? = "15000.00"
  var price: String?
  var plan: Span? = Span("2025-01-15", "2025-06-30")
  var forecast: Span? = Span("2025-01-20", "2025-07-31")
  var actual: Span?
  var isActualized = false
  var isDiscontinued = false
  var more: [JSONValue.Member] = []

  struct Span {
    var start: String?
    var end: String?

    init(_ start: String?, _ end: String?) {
      self.start = start
      self.end = end
    }
  }

  init(_ id: String, _ block: Int64? = 1, _ change: (inout Sample) -> Void = { _ in }) {
    self.id = id
    self.block = block
    change(&self)
  }

  /// As a message carries it.
  var message: [UInt8] {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    func number(_ value: String?) -> JSONValue { value.map { .number($0) } ?? .null }
    let data: [JSONValue.Member] =
      [
        .init("category", text(category)), .init("source", text(source)), .init("dor", text(dor)),
        .init("monthlyRate", number(rate)), .init("purchasePrice", number(price)),
        .init("originalStart", text(plan?.start)), .init("originalEnd", text(plan?.end)),
        .init("forecastStart", text(forecast?.start)), .init("forecastEnd", text(forecast?.end)),
        .init("actualStart", text(actual?.start)), .init("actualEnd", text(actual?.end)),
        .init("isActualized", .bool(isActualized)), .init("isDiscontinued", .bool(isDiscontinued)),
      ] + more
    var members: [JSONValue.Member] = [.init("pfaId", .string(id)), .init("data", .object(data))]
    if let block {
      let order: [JSONValue.Member] = [
        .init("block", .number(String(block))), .init("index", .number(String(index))),
      ]
      members.append(.init("order", .object(order)))
    }
    return JSONValue.object(members).canonical()
  }

  func outcome(in organization: String = "RIO") -> RecordOutcome {
    RecordCanonicalizer(organization: organization).canonicalize(message)
  }

  func canonical(in organization: String = "RIO") throws -> CanonicalRecord {
    switch outcome(in: organization) {
    case .accepted(let record): return record
    case .rejected(let issue): throw Unexpected(what: "\(id) was rejected: \(issue.code)")
    }
  }

  /// Anything that the canonicalizer accepts and that moves totals: missing values, reversed dates, unknown sources,
  /// large amounts.
  static func random(_ id: String, _ block: Int64?, _ random: inout SplitMix64) -> Sample {
    func day(_ random: inout SplitMix64) -> String? {
      random.below(8) == 0 ? nil : CivilDate(daysSinceEpoch: 18_000 + random.below(3000))?.text
    }
    func span(_ random: inout SplitMix64) -> Span { Span(day(&random), day(&random)) }
    func money(_ random: inout SplitMix64) -> String? {
      switch random.below(8) {
      case 0: nil
      case 1: "0"
      case 2: "-\(random.below(100_000)).\(random.below(10))"
      case 3: "\(random.below(1_000_000_000))\(random.below(1_000_000)).\(random.below(90) + 10)"
      default: "\(random.below(90_000) + 100).\(random.below(90) + 10)"
      }
    }
    func word(_ words: [String?], _ random: inout SplitMix64) -> String? { words[random.below(words.count)] }
    return Sample(id, block) { sample in
      sample.index = Int64(random.below(3))
      sample.category = word(["Cranes", "Pumps", nil], &random)
      sample.source = word(["Rental", "Rental", "Purchase", "Barter", nil], &random)
      sample.dor = word(["BEO", "PROJECT", nil], &random)
      sample.rate = money(&random)
      sample.price = money(&random)
      sample.plan = span(&random)
      sample.forecast = span(&random)
      sample.actual = span(&random)
      sample.isActualized = random.below(2) == 0
      sample.isDiscontinued = random.below(6) == 0
    }
  }
}

/// Where batches without a page are counted in these tests.
let stream = "pems.read-sync.v1/0/2025-01-01"

/// Applies records of one batch in a transaction of their own; `page` makes it the message of a job.
@discardableResult
func apply(
  _ session: PGSession, _ samples: [Sample], to organization: String = "RIO", page: RecordBatch.Page? = nil,
  slot: Int = 0, rejected: [FieldIssue] = [], known: [String] = [], origin: MessageOrigin? = nil
) throws -> ApplyOutcome {
  let records = batch(samples, of: organization, page: page, rejected: rejected, known: known, origin: origin)
  return try session.asWorker(organization) {
    try ApplyStore.apply(
      session, records, ApplyStore.Origin(slot: slot, stream: stream, topic: "pems.read-sync.v1", partition: 0))
  }
}

/// Samples as one message brings them.
func batch(
  _ samples: [Sample], of organization: String = "RIO", page: RecordBatch.Page? = nil, rejected: [FieldIssue] = [],
  known: [String] = [], origin: MessageOrigin? = nil
) -> RecordBatch {
  RecordBatch(
    organization: organization, page: page, outcomes: samples.map { $0.outcome(in: organization) }, rejected: rejected,
    known: known, origins: origin.map { [$0] } ?? [])
}
