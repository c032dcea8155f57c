import Postgres
import SQLCatalog
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Dead letters and the outbox (contract 4.6).
@Suite("Messaging", .syncDatabase) struct MessagingTests {
  private let letter = DeadLetter(
    organization: "RIO", topic: "pems.read-sync.v1", partition: 2, offset: 41, key: [0, 255],
    value: Array(#"{"broken":"#.utf8),
    headers: [
      (name: "ce_id", value: Array("7".utf8)), (name: "raw", value: [0xFF, 0]), (name: "none", value: nil),
    ],
    code: "INVALID_JSON", cause: "offset 10", trace: "00-aa-bb-01", producedAt: 1_735_689_600_123)

  @Test("A dead letter keeps bytes, key, headers, position, cause and time; a tenant's worker may write it")
  func kept() async throws {
    try await onDatabase { session in
      try session.asWorker("RIO") { try DeadLetterStore.keep(session, letter) }
      let row = try session.query("SELECT *, extract(epoch FROM produced_at) * 1000 AS ms FROM dead_letter").one()
      #expect(try row.bytea("message_key") == letter.key)
      #expect(try row.bytea("message_value") == letter.value)
      #expect(try row.string("topic") == letter.topic)
      #expect(try row.integer("partition") == 2 && row.integer("kafka_offset") == 41)
      #expect(try row.string("code") == letter.code && row.string("cause") == letter.cause)
      #expect(try row.string("status") == "open" && row.integer("attempts") == 1)
      #expect(try row.string("trace") == letter.trace)
      #expect(try row.double("ms") == 1_735_689_600_123)
      let headers = try #require(HeaderText.decode(row.bytes("headers") ?? []))
      #expect(headers.map(\.name) == letter.headers.map(\.name))
      #expect(headers.map(\.value) == letter.headers.map(\.value))
    }
  }

  @Test("The copy for the .dlq topic says where it came from and why, after the original headers")
  func copied() async throws {
    try await onDatabase { session in
      try session.asSystem { try DeadLetterStore.keep(session, letter) }
      let message = try #require(try session.asSystem { try OutboxStore.take(session, limit: 10) }.first)
      #expect(message.topic == "pems.read-sync.v1.dlq" && message.key == letter.key && message.value == letter.value)
      let texts = message.headers.map { "\($0.name)=\(String(decoding: $0.value ?? [], as: UTF8.self))" }
      #expect(message.headers.prefix(3).map(\.name) == ["ce_id", "raw", "none"])
      #expect(texts.contains("__connect.errors.topic=pems.read-sync.v1"))
      #expect(texts.contains("__connect.errors.partition=2"))
      #expect(texts.contains("__connect.errors.offset=41"))
      #expect(texts.contains("__connect.errors.exception.message=offset 10"))
    }
  }

  @Test("The same message at the same place is kept once; another one there is another letter")
  func once() async throws {
    try await onDatabase { session in
      var tombstone = letter
      (tombstone.value, tombstone.key, tombstone.organization, tombstone.producedAt) = (nil, nil, nil, nil)
      for one in [letter, letter, tombstone, tombstone] {
        try session.asSystem { try DeadLetterStore.keep(session, one) }
      }
      #expect(try session.count("SELECT count(*)::int FROM dead_letter") == 2)
      #expect(try session.count("SELECT count(*)::int FROM outbox") == 2)
      let nothing = "SELECT count(*)::int FROM dead_letter WHERE message_value IS NULL AND organization_id IS NULL"
      #expect(try session.count(nothing) == 1)
    }
  }

  @Test("Headers come back from the database as they went in")
  func headers() async throws {
    var random = seeded("headers")
    func name(_ random: inout SplitMix64) -> String {
      String(
        String.UnicodeScalarView((0..<random.below(9)).compactMap { _ in Unicode.Scalar(random.below(0x11_0000) | 1) }))
    }
    let lists = (0..<200).map { _ in
      (0..<random.below(5)).map { _ -> (name: String, value: [UInt8]?) in
        let bytes: [UInt8]? =
          switch random.below(4) {
          case 0: nil
          case 1: Array(name(&random).utf8)
          default: (0..<random.below(12)).map { _ in UInt8(random.below(256)) }
          }
        return (name(&random), bytes)
      }
    }
    let encoded = lists.map { HeaderText.encode($0) }
    let returned = try await onDatabase { session in
      try encoded.map { try session.query("SELECT $1::jsonb AS headers", [.json($0)]).one().bytes("headers") ?? [] }
    }
    for (list, bytes) in zip(lists, returned) {
      let found = try #require(HeaderText.decode(bytes))
      #expect(found.map(\.name) == list.map(\.name) && found.map(\.value) == list.map(\.value))
    }
    #expect(HeaderText.decode(Array("{}".utf8)) == nil && HeaderText.decode(Array("[[1,2]]".utf8)) == nil)
    let nul = HeaderText.decode(HeaderText.encode([(name: "a\0b", value: [0])]))
    #expect(nul?.first?.name == "a\u{FFFD}b" && nul?.first?.value == [0])
  }

  @Test("One relay at a time has the outbox, from its oldest message on, and removes what is published")
  func relay() async throws {
    let other = try await SyncDatabase.current.connect("other")
    try await onDatabase { session in
      for number in 0..<5 {
        _ = try session.asWorker("RIO") {
          try session.pipeline([OutboxStore.insert(topic: "t", key: [UInt8(number)], value: nil, headers: [])])
        }
      }
    }
    try await other.run { _ = try $0.query("SELECT pg_advisory_lock(7236001)") }
    let nothing = try await onDatabase { session in
      try session.asSystem { try OutboxStore.take(session, limit: 10).count }
    }
    #expect(nothing == 0, "another relay has it")
    try await other.run { _ = try $0.query("SELECT pg_advisory_unlock(7236001)") }
    try await onDatabase { session in
      let first = try session.asSystem {
        let messages = try OutboxStore.take(session, limit: 2)
        try OutboxStore.remove(session, messages.map(\.id))
        return messages.map(\.key)
      }
      #expect(first == [[0], [1]])
      #expect(try session.asSystem { try OutboxStore.take(session, limit: 10).map(\.key) } == [[2], [3], [4]])
      // The question is asked once: asked per row, its answer could change on the way and messages would swap.
      let plan = try session.asSystem { try session.list("EXPLAIN \(Queries.takeOutbox)", [.int4(10)]) }
      #expect(plan.contains { $0.contains("One-Time Filter") }, "\(plan)")
    }
  }

  @Test("A parked message is left alone and told to doctor; what is taken at once is bounded by bytes")
  func parked() async throws {
    try await onDatabase { session in
      let sizes = [5_000_000, 1_500_000, 1_500_000, 1_500_000]
      for size in sizes {
        _ = try session.asWorker("RIO") {
          try session.pipeline([
            OutboxStore.insert(topic: "t", key: nil, value: Array(repeating: 120, count: size), headers: [])
          ])
        }
      }
      let first = try session.asSystem { try OutboxStore.take(session, limit: 10) }
      #expect(first.map { $0.value?.count } == [5_000_000], "at least one")
      try session.asSystem { try OutboxStore.park(session, [(first[0].id, "MSG_SIZE_TOO_LARGE")]) }
      #expect(try session.asSystem { try OutboxStore.take(session, limit: 10).count } == 2)
      #expect(try session.asSystem { try OutboxStore.take(session, limit: 1).count } == 1)
      let outbox = try HealthReports.outbox(session)
      #expect(outbox.messages == 3 && outbox.seconds != nil)
      #expect(outbox.parked == 1 && outbox.error == "t: MSG_SIZE_TOO_LARGE")
    }
  }

  @Test("Each change of a job's state is announced once, as the job then is, without its fencing token")
  func announcements() async throws {
    try await onDatabase { session in
      try session.execute("INSERT INTO sync_job (organization_id, kind) VALUES ('RIO', 'write_back')")
      let claim = try #require(
        try session.asSystem { try JobStore.claim(session, kinds: ["write_back"], owner: "w") })
      try JobStore.report(session, claim, progress: Array(#"{"pages":1}"#.utf8))
      try JobStore.retry(session, claim, afterMilliseconds: 0, code: "X", message: "y")
      let messages = try session.asSystem { try OutboxStore.take(session, limit: 10) }
      let jobs = try messages.map { try JSONValue(parsing: $0.value ?? []) }
      #expect(jobs.map { $0["state"]?.string } == ["queued", "running", "retrying"])
      #expect(jobs.allSatisfy { $0["lease_token"] == nil && $0["id"]?.string == claim.id })
      #expect(messages.allSatisfy { $0.topic == "pfa.job-events.v1" && $0.key == Array(claim.id.utf8) })
      let names = messages[0].headers.map(\.name)
      #expect(
        Set(["ce_id", "ce_type", "ce_source", "ce_specversion", "ce_time", "ce_organization"]).isSubset(of: names))
    }
  }
}
