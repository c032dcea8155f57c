/// One partition of one topic.
package struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let topic: String
  package let partition: Int32

  package init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  /// `topic[partition]`.
  package var description: String { "\(topic)[\(partition)]" }

  /// Many of them for a line of the log: `a[0-3,5] b[0]`.
  package static func list(_ partitions: some Sequence<TopicPartition>) -> String {
    Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map { topic, group in
      var ranges: [ClosedRange<Int32>] = []
      for number in group.map(\.partition).sorted() {
        if let last = ranges.last, last.upperBound + 1 == number {
          ranges[ranges.count - 1] = last.lowerBound...number
        } else {
          ranges.append(number...number)
        }
      }
      let texts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      return "\(topic)[\(texts.joined(separator: ","))]"
    }.joined(separator: " ")
  }

  package static func < (left: TopicPartition, right: TopicPartition) -> Bool {
    (left.topic, left.partition) < (right.topic, right.partition)
  }
}
