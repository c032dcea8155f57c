import Kafka
import Runtime

/// Tells Kafka what has been applied, for lag tools: under the one name that is configured, whose group nobody joins
/// (``LaneHost``). What counts is in Postgres.
final class OffsetReport: Sendable {
  private let admin: KafkaAdmin
  private let group: String
  private let waiting = Locked<[TopicPartition: Int64]>([:])
  private let isDraining = Locked(false)
  private let bell = Bell()
  private let complaint: Complaint

  private static let pause = Duration.milliseconds(500)

  /// Does not connect yet. Throws when a property is not accepted.
  init(settings: KafkaSettings, group: String, log: Log) throws {
    admin = try KafkaAdmin(settings: settings, log: log, timeout: .seconds(2))
    self.group = group
    complaint = Complaint("Kafka is not told what was applied", log: log)
  }

  /// The next offset of a partition. The latest one counts.
  func note(_ partition: TopicPartition, _ next: Int64) { waiting.with { $0[partition] = next } }

  /// Works until drained or cancelled; what was noted before is told.
  func run() async {
    while !isDraining.with({ $0 }) && !Task.isCancelled {
      await tell()
      await bell.nap(Self.pause)
    }
    await tell()
  }

  func drain() {
    isDraining.with { $0 = true }
    bell.ring()
  }

  func close() async { await admin.close() }

  private func tell() async {
    let offsets = waiting.with { waiting in
      defer { waiting = [:] }
      return waiting
    }
    guard !offsets.isEmpty else { return }
    do {
      try await admin.commit(group: group, offsets)
      complaint.settle()
    } catch {
      waiting.with { $0.merge(offsets) { newer, _ in newer } }
      complaint.tell("\(error)")
    }
  }
}
