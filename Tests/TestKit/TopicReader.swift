import Kafka
import Runtime

/// Reads a topic from its beginning, everything that is in it and everything that comes.
package final class TopicReader: KafkaConsumerDelegate {
  private let messages = Locked<[KafkaMessage]>([])
  private let consumer = Locked<KafkaConsumer?>(nil)

  package init(_ topic: String, settings: KafkaSettings) throws {
    let group = "reader-" + UUIDText.random()
    let consumer = try KafkaConsumer(
      settings: settings, group: group, topics: [topic], delegate: self, log: Log(level: .error))
    self.consumer.with { $0 = consumer }
    consumer.start()
  }

  /// What has arrived, in order within each partition.
  package var all: [KafkaMessage] { messages.with { $0 } }

  package func close() async { await consumer.with { $0 }?.close() }

  package func assigned(_ partitions: [TopicPartition], generation: Int) async throws -> [TopicPartition: Int64] {
    Dictionary(uniqueKeysWithValues: partitions.map { ($0, 0) })
  }

  package func revoked(_ partitions: [TopicPartition], lost: Bool, generation: Int) async {}
  package func received(_ batch: [KafkaMessage]) { messages.with { $0 += batch } }
  package func failed(_ error: KafkaError, partition: TopicPartition?) {}
}
