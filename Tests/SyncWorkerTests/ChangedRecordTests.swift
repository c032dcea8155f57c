import Kafka
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

/// `pems.record.changed`: single records that others push to us.
@Suite("Changed records")
struct ChangedRecordTests {
  @Test(
    "S2-05, S2-08, S2-10: changes from any CloudEvents producer are applied in micro-batches, the newest wins, and are counted per day"
  )
  func modesAndOrder() async throws {
    try await WorkerWorld.with { world in
      let worker = try world.startWorker()
      var messages: [OutgoingMessage] = []
      for index in 0..<40 {
        messages.append(world.message(Events.changed(Events.record(index, revision: 1)), key: "RIO/\(index)"))
      }
      for index in 0..<40 {
        // The same records in structured mode: older, equal and newer ones.
        let event = Events.changed(Events.record(index, revision: index % 3))
        messages.append(
          world.message(
            Events.structured(event),
            headers: [KafkaHeader("content-type", "application/cloudevents+json; charset=utf-8")]))
      }
      messages.append(world.message(nil, headers: [], key: "RIO/1"))
      try await world.apply(messages)
      let expected = (0..<40).map { "\(Events.record($0).pfaId)|\($0 % 3 == 2 ? 2 : 1)" }
      #expect(try await world.lines("SELECT pfa_id, source_index FROM pfa_mirror ORDER BY pfa_id") == expected)
      #expect(try await world.kpiDifferences() == [])
      let log = try #require(try await world.streamRow())
      #expect(log.received == 80 && log.isClosed && log.rejected == 0, "\(log)")
      #expect(log.status == "completed")
      #expect(try await world.count("dead_letter") == 0)
      #expect(try await world.lines("SELECT DISTINCT cause FROM kpi_change") == ["event"])
      #expect(worker.metric(MetricCatalog.batches, [("kind", "read_sync"), ("result", "applied")]) < 40)
    }
  }

  @Test("S2-05: without an order the content decides; an organization named by the payload alone is enough")
  func withoutOrder() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      func change(_ price: Int) -> OutgoingMessage {
        let data =
          #"{"organization":"RIO","record":{"pfaId":"A-1","data":{"source":"Purchase","purchasePrice":\#(price),"category":"X"}}}"#
        return world.message(Array(data.utf8), headers: Events.headers(["ce_organization": nil]))
      }
      try await world.apply([change(1), change(1)])
      #expect(try await world.lines("SELECT version, purchase_price FROM pfa_mirror") == ["1|1.00"])
      try await world.apply([change(2)])
      #expect(try await world.lines("SELECT version, purchase_price FROM pfa_mirror") == ["2|2.00"])
    }
  }

  @Test("R16, R17, R19: bad single records are rejected alone, with code and raw value, while their batch goes on")
  func poison() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      func bad(_ id: String, _ member: String, order: String = #"{"block":1,"index":1}"#) -> OutgoingMessage {
        let record = #"{"pfaId":"\#(id)","order":\#(order),"data":{"category":"C",\#(member)}}"#
        return world.message(Array(#"{"organization":"RIO","record":\#(record)}"#.utf8), headers: Events.headers())
      }
      var invalid = Array(
        #"{"organization":"RIO","record":{"pfaId":"utf8","order":{"block":1,"index":1},"data":{"dor":""#.utf8)
      invalid += [0xC3, 0x28]
      invalid += Array(#""}}}"#.utf8)
      var random = SplitMix64(seed: 11)
      let long = (0..<10_000).map { _ in String(random.below(36), radix: 36) }.joined()
      let deep = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
      let messages = [
        bad("good-1", #""dor":"BEO""#), bad("nul", #""dor":"a\u0000b""#), bad("surrogate", #""dor":"\ud83d""#),
        world.message(invalid, headers: Events.headers()), bad("number", #""monthlyRate":1e999999"#),
        bad("foreign", #""organization":"RIO2""#), bad("index", #""category":"\#(long)""#),
        bad("deep", #""extra":\#(deep)"#), bad("order", #""dor":"x""#, order: #"{"block":1e30,"index":1}"#),
        bad("good-2", #""dor":"BEO""#),
      ]
      try await world.apply(messages)
      #expect(try await world.lines("SELECT pfa_id FROM pfa_mirror ORDER BY 1") == ["good-1", "good-2"])
      let places = "SELECT topic, partition, kafka_offset FROM sync_record_issue ORDER BY kafka_offset"
      #expect(try await world.lines(places) == (1...8).map { "\(world.topics.readSync)|0|\($0)" })
      let issues = try await world.lines(
        "SELECT code, pfa_id FROM sync_record_issue WHERE rejected AND raw IS NOT NULL ORDER BY 1, 2")
      #expect(
        issues
          == [
            "INVALID_ORDER|order", "INVALID_UTF8|utf8", "LONE_SURROGATE|surrogate", "NUL_CHARACTER|nul",
            "NUMBER_OUT_OF_RANGE|number", "ORGANIZATION_MISMATCH|foreign", "REFUSED_54000|index", "TOO_DEEP|deep",
          ])
      let log = try #require(try await world.streamRow())
      #expect(log.received == 10 && log.rejected == 8 && log.inserted == 2 && log.isClosed, "\(log)")
      #expect(log.status == "completed_with_errors")
      #expect(try await world.count("dead_letter") == 0)
      #expect(try await world.kpiDifferences() == [])

      // Sent again, to another place: the good ones are unchanged, of the bad ones nothing is said twice.
      let before = try await world.lines("SELECT * FROM sync_record_issue ORDER BY id")
      try await world.apply(
        messages.map { message in
          var again = message
          again.partition = 2
          return again
        })
      #expect(try await world.lines("SELECT * FROM sync_record_issue ORDER BY id") == before)
      let sum = try #require(try await world.streamRow())
      #expect(sum.received == 12 && sum.rejected == 8 && sum.unchanged == 2 && sum.isClosed, "\(sum)")
    }
  }

  @Test(
    "contract 3, 4.6: a change without a record, a pfaId or data is a dead letter with its bytes; a page goes on without it"
  )
  func shapeless() async throws {
    try await WorkerWorld.with { world in
      try world.startWorker()
      let records = [
        #"null"#, #""x""#, #"{"data":{"dor":"x"}}"#, #"{"pfaId":7,"data":{}}"#, #"{"pfaId":"a"}"#,
        #"{"pfaId":"a","data":[]}"#,
      ]
      let bodies = records.map { #"{"organization":"RIO","record":\#($0)}"# }
      try await world.apply(
        bodies.map { world.message(Array($0.utf8), headers: Events.headers()) }
          + [world.message(Events.changed(Events.record(1)), key: "a")])
      let letters = try await world.lines(
        "SELECT organization_id, code, cause, convert_from(message_value, 'UTF8') FROM dead_letter ORDER BY kafka_offset"
      )
      let expected = [
        "INVALID_RECORD|record is no object", "INVALID_RECORD|record is no object",
        "MISSING_PFA_ID|record.pfaId is missing", "MISSING_PFA_ID|record.pfaId is missing",
        "INVALID_RECORD|record.data is missing", "INVALID_RECORD|record.data is missing",
      ]
      #expect(letters == zip(expected, bodies).map { "RIO|\($0)|\($1)" })
      #expect(try await world.count("sync_record_issue") == 0)
      #expect(try await world.count("pfa_mirror") == 1)
      let log = try #require(try await world.streamRow())
      #expect(log.received == 1 && log.inserted == 1)
    }
  }

  @Test("contract 4.8: a change of one organization does not touch the record of the same id in another")
  func tenants() async throws {
    try await WorkerWorld.with(.of { $0.organizations = ["RIO", "RIO2"] }) { world in
      try world.startWorker()
      let mine = Events.record(1)
      let theirs = Events.record(1, organization: "RIO2")
      #expect(mine.pfaId == theirs.pfaId)
      try await world.apply([
        world.message(Events.changed(mine), key: "a"),
        world.message(Events.changed(theirs, organization: "RIO2"), key: "b"),
        world.message(Events.changed(Events.record(1, revision: 3)), key: "c"),
      ])
      #expect(
        try await world.lines("SELECT organization_id, version, source_index FROM pfa_mirror ORDER BY 1")
          == ["RIO|1|3", "RIO2|1|0"])
      #expect(try await world.kpiDifferences() == [])
    }
  }
}
