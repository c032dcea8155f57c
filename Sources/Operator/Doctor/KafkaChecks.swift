import Kafka
import Runtime
import SyncStore
import SyncWorker

/// What `doctor` looks at in Kafka.
enum KafkaChecks {
  /// `positions`: the applied offsets of the group; `crew`: who works; nil when the database did not tell.
  static func run(
    _ settings: Settings, environment: [String: String], positions: [OffsetStore.Position]?, crew: Crew?
  ) async throws -> [Check] {
    guard settings.bootstrapServers != nil else { return [] }
    do {
      return try await KafkaConnection.admin(settings, environment: environment) { admin in
        let cluster = try await admin.metadata()
        let topics = Topics(prefix: settings.topicPrefix)
        var checks = [brokers(cluster), self.topics(topics.everything, cluster)]
        guard let positions else { return checks }
        checks.append(
          try await Check.of("offsets") {
            let lags = try await PartitionLag.measure(admin, positions: positions, topics: topics.work)
            return offsets(lags.partitions, isAnybodyThere: crew.map { !$0.alive.isEmpty } ?? true)
          })
        return checks
      }
    } catch let error as KafkaError {
      return [Check.failed("kafka", error)]
    }
  }

  // MARK: Judgements, pure

  static func brokers(_ cluster: KafkaMetadata) -> Check {
    let brokers = cluster.brokers.map { "\($0.host):\($0.port)" }.joined(separator: ", ")
    return Check("kafka", .ok, "\(counted(cluster.brokers.count, "broker")): \(brokers)")
  }

  static func topics(_ names: [String], _ cluster: KafkaMetadata) -> Check {
    let topics = Dictionary(cluster.topics.map { ($0.name, $0) }) { first, _ in first }
    let headless = names.compactMap { topics[$0] }.filter { $0.partitions.contains { $0.leader == nil } }
    guard headless.isEmpty else {
      let list = headless.map(\.name).joined(separator: ", ")
      return Check(
        "topics", .error, "partitions without a leader: \(list)", remedy: "bring the brokers back that hold them")
    }
    let missing = names.filter { topics[$0] == nil }
    return missing.isEmpty
      ? Check("topics", .ok, "all \(names.count) exist")
      : Check(
        "topics", .warning, "missing: \(missing.joined(separator: ", "))", remedy: "run 'syncline topics create'")
  }

  /// Positions outside of what the log holds. A partition that nobody has consumed yet is no fault.
  static func offsets(_ partitions: [PartitionLag], isAnybodyThere: Bool = true) -> Check {
    let odd = partitions.filter { $0.note != nil && $0.applied != nil }.map { lag in
      "\(lag.topic)[\(lag.partition)]: \(lag.note ?? "")"
    }
    guard odd.isEmpty else {
      return Check(
        "offsets", .error, odd.joined(separator: "; "),
        remedy: "check the topics' retention and that nobody made them anew; then run a full sync")
    }
    let behind = partitions.compactMap(\.lag).reduce(0, +)
    guard isAnybodyThere || behind == 0 else {
      return Check(
        "offsets", .warning, "\(counted(Int(behind), "offset")) not applied yet, and no worker lives",
        remedy: "start one: 'syncline worker'")
    }
    let all = counted(partitions.count, "partition")
    return Check("offsets", .ok, behind == 0 ? "\(all), all applied" : "\(all), \(behind) not applied yet")
  }
}
