import Kafka
import SyncDomain
import SyncWorker

/// What is sent in the lanes' world, and what a clean run makes of it.
struct LaneMessage: Sendable {
  enum Meaning: Sendable {
    case record(id: String, order: SourceOrder)
    /// A record that the database refuses.
    case poison
    /// Nobody can apply it: a dead letter.
    case unusable
    case tombstone
  }

  let partition: Int
  let offset: Int64
  let meaning: Meaning
}

/// Payloads of few records in few versions, so that they meet.
enum LanePayload {
  static let records = 4
  static let revisions = 6
  /// The database has a constraint against this category.
  static let refused = "refused"

  static func changed(_ record: Int, _ revision: Int, poison: Bool = false, organization: String = "RIO") -> [UInt8] {
    // Two revisions share their content, so that a newer order alone is news as well.
    let content = revision / 2
    let category = poison ? refused : ["Cranes", "Trucks", "Pumps"][content % 3]
    return Array(
      """
      {"organization":"\(organization)","record":{"pfaId":"P\(record)","order":{"block":\(100 + revision),"index":0},\
      "discontinued":\(content == 2 && record == 1),"data":{"category":"\(category)","dor":"BEO","source":"Purchase",\
      "purchasePrice":\(1000 + 10 * content + record),"originalStart":"2025-01-01","originalEnd":"2025-06-30",\
      "forecastStart":"2025-02-01","forecastEnd":"2025-0\(3 + content)-28"}}}
      """.utf8)
  }

  static func message(
    _ partition: Int, _ offset: Int64, _ value: [UInt8]?, type: String = ReadSyncMessage.changedType
  ) -> KafkaMessage {
    let event = CloudEvent(id: "\(partition)/\(offset)", source: "simulation", type: type, data: [])
    return KafkaMessage(
      topic: Group.topic, partition: Int32(partition), offset: offset, key: nil, value: value,
      headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) }, timestamp: 0)
  }
}
