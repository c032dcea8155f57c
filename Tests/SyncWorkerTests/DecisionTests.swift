import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// The worker's pure decisions.
@Suite("Decisions")
struct DecisionTests {
  @Test(
    "R7, R18: what a complete full read may discontinue",
    arguments: [
      (received: Int64(0), active: Int64(100), orphans: Int64(100), approved: false, SweepGuard.empty),
      (0, 100, 100, true, .empty), (0, 0, 0, false, .nothing), (100, 100, 0, false, .nothing),
      (90, 100, 10, false, .sweep),
      (89, 100, 11, false, .ask), (89, 100, 11, true, .sweep), (1, 1, 1, false, .ask), (1, 1, 1, true, .sweep),
    ])
  func sweep(_ row: (received: Int64, active: Int64, orphans: Int64, approved: Bool, SweepGuard)) {
    let decision = SweepGuard.decide(
      received: row.received, active: row.active, orphans: row.orphans, share: 0.1, isApproved: row.approved)
    #expect(decision == row.4)
  }

  @Test("R7: orphans of a run with unreadable rows are not discontinued unasked; the question says why")
  func unreadable() {
    func decide(orphans: Int64, isApproved: Bool = false) -> SweepGuard {
      SweepGuard.decide(
        received: 99, active: 100, orphans: orphans, unreadable: 1, share: 0.1, isApproved: isApproved)
    }
    #expect(decide(orphans: 1) == .ask && decide(orphans: 0) == .nothing)
    #expect(decide(orphans: 1, isApproved: true) == .sweep)
    #expect(SweepGuard.question(active: 100, orphans: 1, unreadable: 1).code == "UNREADABLE_ROWS")
    #expect(SweepGuard.question(active: 100, orphans: 11).code == "MASS_DISCONTINUE")
  }

  @Test("a rebuild and a read sync that one event id asks for are two jobs")
  func jobIds() {
    let data = Array(#"{"organization":"RIO","mode":"full","source":"sim"}"#.utf8)
    let events = [ReadSyncMessage.requestedType, DecodedMessage.rebuildType].map {
      CloudEvent(id: "7", source: "test", type: $0, organization: "RIO", data: data)
    }
    let ids = BatchPlan(events.map { decoded($0) }, known: ["RIO"]).steps.compactMap { step -> String? in
      switch step {
      case .requestRead(_, _, let id, _), .rebuildKPIs(_, _, let id): id
      default: nil
      }
    }
    #expect(Set(ids).count == 2 && ids.contains(UUIDText.event(source: "test", id: "7")))
  }

  private func decoded(_ event: CloudEvent, offset: Int64 = 0, kind: WorkKind? = nil) -> DecodedMessage {
    DecodedMessage(
      KafkaMessage(
        topic: "t", partition: 0, offset: offset, key: nil, value: event.data,
        headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) }, timestamp: 0), kind: kind)
  }

  @Test("an event on the topic of another kind is a dead letter, whatever the kind; at home it is none")
  func wrongTopic() {
    let types = [
      ReadSyncMessage.requestedType, ReadSyncMessage.pageType, ReadSyncMessage.changedType, DraftCommitRequest.type,
      WriteBackMessage.requestedType, SchemaChangeRequest.type, KPIRebuildMessage.type,
    ]
    for type in types {
      let event = CloudEvent(id: "1", source: "s", type: type, organization: "RIO", data: Array("{}".utf8))
      for kind in WorkKind.allCases {
        guard case .fault(let fault) = decoded(event, kind: kind).content else { continue }
        let isForeign = fault.code == "UNKNOWN_TYPE"
        #expect(isForeign == (WorkKind.home(of: type) != kind), "\(type) on \(kind): \(fault.reason)")
      }
    }
    let rebuild = Array(#"{"organization":"RIO"}"#.utf8)
    let event = CloudEvent(id: "1", source: "s", type: KPIRebuildMessage.type, data: rebuild)
    guard case .fault(let fault) = decoded(event, kind: .readSync).content else {
      Issue.record("taken from a foreign topic")
      return
    }
    #expect(fault.code == "UNKNOWN_TYPE" && fault.reason.contains("kpi_rebuild"))
  }

  @Test("a dead letter keeps the organization that its message names, if there is one of that name")
  func blamed() {
    let cases: [(header: String?, payload: String, expected: String?)] = [
      (nil, #"{"organization":"RIO","mode":"bad","source":"s"}"#, "RIO"),
      ("RIO", #"{"mode":"full"}"#, "RIO"), ("RIO", "no json", "RIO"),
      (nil, #"{"organization_id":"RIO"}"#, "RIO"), (nil, #"{"organization":7}"#, nil),
      (nil, #"{"organization":"NO","mode":"bad"}"#, nil), ("ZET", #"{"organization":"RIO","mode":"bad"}"#, nil),
    ]
    for (header, payload, expected) in cases {
      let event = CloudEvent(
        id: "1", source: "s", type: ReadSyncMessage.requestedType, organization: header, data: Array(payload.utf8))
      let message = decoded(event)
      #expect(message.organization == nil)
      let plan = BatchPlan([message], known: BatchPlan.organizations([message]).intersection(["RIO", "ZET"]))
      guard case .keep(let letter)? = plan.steps.first else {
        Issue.record("\(plan.steps)")
        continue
      }
      #expect(letter.organization == expected, "\(payload)")
    }
  }

  @Test("the log of a batch that is tried again names its messages, and where to look for a lock that is held")
  func triedAgain() {
    func messages(_ organizations: [String]) -> [DecodedMessage] {
      organizations.enumerated().map { index, organization in
        decoded(
          Events.changed(Events.record(1, organization: organization), organization: organization),
          offset: Int64(40 + index))
      }
    }
    let few = BatchAttempt.place(messages(["RIO", "BEO", "RIO"]))
    #expect(few.map(\.0) == ["offset", "messages", "organizations"] && few.map(\.1) == ["40", "3", "BEO, RIO"])
    #expect(BatchAttempt.place(messages(["A", "B", "C", "D", "E", "F"])).last?.1 == "A, B, C, D, E, …")
    for code in ["57014", "55P03"] {
      #expect(BatchAttempt.cause(PGError(.server, "x", sqlstate: code)).hasSuffix("see 'syncline doctor'"))
    }
    let full = PGError(.server, "disk full", sqlstate: "53100")
    #expect(BatchAttempt.cause(full) == full.description)
  }

  @Test(
    "changes of an organization become one batch, organizations come in order of name, strangers become dead letters")
  func plan() {
    let tombstone = DecodedMessage(
      KafkaMessage(topic: "t", partition: 0, offset: 9, key: nil, value: nil, headers: [], timestamp: 0))
    let messages = [
      decoded(Events.changed(Events.record(1, organization: "ZET"), organization: "ZET")),
      decoded(Events.changed(Events.record(1))),
      decoded(Events.changed(Events.record(2, organization: "NO"), organization: "NO")),
      decoded(Events.changed(Events.record(2))),
      tombstone,
    ]
    #expect(BatchPlan.organizations(messages) == ["ZET", "RIO", "NO"])
    let plan = BatchPlan(messages, known: ["RIO", "ZET"])
    #expect(plan.skipped == 1 && plan.steps.count == 3)
    guard case .apply(let first) = plan.steps[0], case .apply(let second) = plan.steps[1],
      case .keep(let letter) = plan.steps[2]
    else {
      Issue.record("\(plan.steps)")
      return
    }
    #expect(first.organization == "RIO" && first.records.count == 2 && first.page == nil)
    #expect(second.organization == "ZET" && letter.code == "UNKNOWN_ORGANIZATION")
  }

  @Test("contract 4.1: of equal orders the first stays in one batch too; records with and without an order do not meet")
  func batching() {
    func event(_ block: Int64?, _ price: Int) -> CloudEvent {
      let order = block.map { #""order":{"block":\#($0),"index":1},"# } ?? ""
      let record = #"{"pfaId":"A",\#(order)"data":{"source":"Purchase","purchasePrice":\#(price)}}"#
      return CloudEvent(
        id: UUIDText.random(), source: "s", type: ReadSyncMessage.changedType, organization: "RIO",
        data: Array(#"{"organization":"RIO","record":\#(record)}"#.utf8))
    }
    func prices(_ events: [CloudEvent]) -> [[String]] {
      BatchPlan(events.map { decoded($0) }, known: ["RIO"]).steps.map { step in
        guard case .apply(let batch) = step else { return [] }
        return batch.records.map { String(decoding: $0.data, as: UTF8.self).filter(\.isNumber) }
      }
    }
    #expect(prices([event(1, 100), event(1, 200)]) == [["100"]])
    #expect(prices([event(1, 100), event(2, 200), event(1, 300)]) == [["200"]])
    #expect(prices([event(nil, 100), event(nil, 200)]) == [["200"]])
    #expect(prices([event(1, 100), event(nil, 200), event(nil, 300), event(1, 400)]) == [["100"], ["300"], ["400"]])
  }

  @Test("contract 4.1: pages and single changes are applied in the order they came, wherever a batch of messages ends")
  func sequence() {
    func message(_ price: Int, isPage: Bool, organization: String) -> DecodedMessage {
      let record = #"{"pfaId":"A","data":{"source":"Purchase","purchasePrice":\#(price)}}"#
      let data =
        isPage
        ? #"{"organization":"\#(organization)","jobId":"j","page":1,"records":[\#(record)]}"#
        : #"{"organization":"\#(organization)","record":\#(record)}"#
      let type = isPage ? ReadSyncMessage.pageType : ReadSyncMessage.changedType
      return decoded(
        CloudEvent(
          id: UUIDText.random(), source: "s", type: type, organization: organization, data: Array(data.utf8)))
    }
    let messages = [(1, true, "RIO"), (2, false, "RIO"), (3, false, "ABE"), (4, true, "RIO"), (5, false, "RIO")]
      .map { message($0.0, isPage: $0.1, organization: $0.2) }
    let prices = BatchPlan(messages, known: ["RIO", "ABE"]).steps.map { step in
      guard case .apply(let batch) = step else { return "" }
      return batch.records.map { String(decoding: $0.data, as: UTF8.self).filter(\.isNumber) }.joined()
    }
    #expect(prices == ["3", "1", "2", "4", "5"])
  }

  @Test("domain 4: no two kinds of lanes share a slot of the totals, nor any lane one with the edits of applications")
  func slots() {
    var owners: [Int: String] = [:]
    for number in 0..<16 { owners[number] = "edits" }
    for kind in WorkKind.allCases.map(\.rawValue) + ["?"] {
      let slots = Set((Int32(0)..<1_000).map { WorkKind.slot(of: kind, partition: $0) })
      #expect(slots.count == 64 && slots.allSatisfy { (0...Int(Int16.max)).contains($0) })
      for slot in slots { #expect(owners.updateValue(kind, forKey: slot) == nil, "\(kind) \(slot)") }
    }
  }

  @Test("a page whose job can not be one of ours is applied like single changes")
  func foreignPage() {
    var page = SourcePage()
    page.records = [Events.record(1)]
    for (job, isOurs) in [("not a job", false), ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", true)] {
      let chunk = PageChunker.chunks(of: page, organization: "RIO", jobId: job, first: 1)[0]
      let event = CloudEvent(
        id: "e", source: "s", type: ReadSyncMessage.pageType, organization: "RIO", data: chunk.payload)
      guard case .apply(let batch)? = BatchPlan([decoded(event)], known: ["RIO"]).steps.first else {
        Issue.record("no batch")
        continue
      }
      #expect((batch.page != nil) == isOurs && batch.records.count == 1)
    }
  }

  @Test("a failure says what it is in code, and whether waiting helps")
  func failures() {
    let rows: [(any Error, String, Bool)] = [
      (SourceError(.upstreamAuth, "no"), "AUTH", false),
      (SourceError(.upstreamTimeout, "slow", isTransient: true, retryAfter: .seconds(7)), "UPSTREAM_TIMEOUT", true),
      (PGError(.connection, "gone"), "POSTGRES_UNREACHABLE", true),
      (PGError(.server, "deadlock", sqlstate: "40P01"), "POSTGRES_40P01", true),
      (PGError(.server, "no such column", sqlstate: "42703"), "POSTGRES_42703", false),
      (TimedOut(limit: .seconds(1)), "INTERNAL", false),
    ]
    for (error, code, isTransient) in rows {
      let failure = JobFailure(error)
      #expect(failure.code == code && failure.isTransient == isTransient, "\(failure)")
      #expect(JobFailure.saysSomething(error))
    }
    #expect(
      JobFailure(SourceError(.upstreamRateLimited, "", isTransient: true, retryAfter: .seconds(7))).retryAfter == 7)
    // It is written into its job whatever the upstream has said.
    #expect(JobFailure(SourceError(.upstreamErrorAlert, "a\0b", hint: "c\0")).message == "a\u{FFFD}b; c\u{FFFD}")
    for error in [Fenced(), CancellationError(), SourceError(.cancelled, "")] as [any Error] {
      #expect(!JobFailure.saysSomething(error))
    }
  }

  @Test("only Postgres or Kafka being away costs a job no attempt")
  func outages() {
    #expect(
      JobFailure.isOutage(PGError(.connection, "gone")) && JobFailure.isOutage(PGError(.commitUnknown, "who knows")))
    #expect(JobFailure.isOutage(PGError(.server, "starting up", sqlstate: "57P03")))
    #expect(!JobFailure.isOutage(PGError(.server, "statement timeout", sqlstate: "57014")))
    #expect(!JobFailure.isOutage(SourceError(.upstreamUnavailable, "away", isTransient: true)))
  }

  @Test(
    "topics get the prefix of the deployment once, whatever it looks like",
    arguments: ["", "x.", "p", "pf", "pfa", "pfa.", "pems.", "pfa.draft-commit.v1"])
  func topics(prefix: String) {
    let topics = Topics(prefix: prefix)
    for (plain, full) in zip(Topics(prefix: "").all, topics.all) {
      for suffix in ["", ".dlq"] {
        #expect(topics.published(plain + suffix) == full + suffix)
        #expect(topics.published(full + suffix) == full + suffix, "has it already")
      }
    }
    #expect(topics.published("other.v1") == "other.v1", "none of ours")
  }
}
