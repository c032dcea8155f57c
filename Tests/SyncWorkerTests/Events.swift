import Kafka
import Runtime
import SyncDomain
import SyncWorker
import TestKit

/// Messages as other producers of CloudEvents write them.
enum Events {
  static func record(_ index: Int, revision: Int = 0, organization: String = "RIO") -> CanonicalRecord {
    RecordGenerator(seed: 1, organization: organization).record(index: index, revision: revision)
  }

  /// `{organization, record}` of one change.
  static func payload(_ record: CanonicalRecord, organization: String = "RIO") -> [UInt8] {
    var out = Array(#"{"organization":"\#(organization)","record":"#.utf8)
    record.appendEncoded(to: &out)
    out.append(UInt8(ascii: "}"))
    return out
  }

  static func changed(_ record: CanonicalRecord, organization: String = "RIO", id: String = UUIDText.random())
    -> CloudEvent
  {
    CloudEvent(
      id: id, source: "pems/\(organization)", type: ReadSyncMessage.changedType, time: "2026-01-01T00:00:00Z",
      organization: organization, data: payload(record, organization: organization))
  }

  /// The event as one JSON document.
  static func structured(_ event: CloudEvent) -> [UInt8] {
    var out = Array(
      #"{"specversion":"1.0","id":"\#(event.id)","source":"\#(event.source)","type":"\#(event.type)","#.utf8)
    out += Array(
      #""datacontenttype":"application/json","data":"#
        .utf8)
    out += event.data
    out.append(UInt8(ascii: "}"))
    return out
  }

  /// Headers of binary mode for a changed record, some of them replaced or, with nil, left out.
  static func headers(_ changes: [String: String?] = [:]) -> [KafkaHeader] {
    var values: [String: String?] = [
      "ce_specversion": "1.0", "ce_id": UUIDText.random(), "ce_source": "pems", "ce_type": ReadSyncMessage.changedType,
      "ce_organization": "RIO", "content-type": "application/json",
    ]
    values.merge(changes) { $1 }
    return values.sorted { $0.key < $1.key }.compactMap { name, value in value.map { KafkaHeader(name, $0) } }
  }
}

extension WorkerWorld {
  /// Sends everything to one partition of the topic of read syncs and waits until it is applied.
  func apply(_ messages: [OutgoingMessage]) async throws {
    let results = try await producer.sendAll(messages)
    var ends: [Int32: Int64] = [:]
    for (message, result) in zip(messages, results) {
      ends[message.partition ?? 0] = max(ends[message.partition ?? 0] ?? 0, try result.get() + 1)
    }
    try await waitUntilApplied(ends)
  }

  /// Where each partition of read syncs is applied to.
  func ends() async throws -> [Int32: Int64] {
    let positions = "SELECT partition, next_offset FROM consumer_offset WHERE topic = '\(topics.readSync)'"
    return Dictionary(
      uniqueKeysWithValues: try await lines(positions).map { line in
        let cells = line.split(separator: "|").compactMap { Int64($0) }
        return (Int32(cells[0]), cells[1])
      })
  }

  func message(_ event: CloudEvent, key: String, partition: Int32 = 0) -> OutgoingMessage {
    OutgoingMessage(
      topic: topics.readSync, partition: partition, key: Array(key.utf8), value: event.data,
      headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
  }

  func message(_ value: [UInt8]?, headers: [KafkaHeader], key: String = "RIO/x", partition: Int32 = 0)
    -> OutgoingMessage
  {
    OutgoingMessage(
      topic: topics.readSync, partition: partition, key: Array(key.utf8), value: value, headers: headers)
  }
}
