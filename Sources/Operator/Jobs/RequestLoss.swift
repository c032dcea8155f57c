import Kafka
import Runtime
import SyncStore

/// Whether Kafka still has the message of a request that no worker has taken.
enum RequestLoss {
  /// Nil: it has, or it can not be told, because no broker answers or the request went another way. What the database
  /// knows already stays.
  static func find(
    _ request: JobRequest, _ settings: Settings, environment: [String: String]
  ) async -> JobRequest.Loss? {
    if let loss = request.loss { return loss }
    guard settings.bootstrapServers != nil, !request.isTaken, request.deadLetter == nil, !request.isHeld,
      let topic = request.topic, let partition = request.partition.map({ Int32(clamping: $0) }),
      let offset = request.offset
    else { return nil }
    let place = TopicPartition(topic: topic, partition: partition)
    return try? await KafkaConnection.admin(settings, environment: environment) { admin in
      let cluster = try await admin.metadata()
      let partitions = cluster.topics.first { $0.name == topic }?.partitions ?? []
      guard partitions.contains(where: { $0.id == partition }) else { return .anew }
      return judge(offset, try await admin.watermarks(place))
    }
  }

  /// `marks`: the first offset that the partition has, and the next one that it will have.
  static func judge(_ offset: Int64, _ marks: (low: Int64, high: Int64)) -> JobRequest.Loss? {
    offset >= marks.high ? .anew : offset < marks.low ? .expired : nil
  }
}
