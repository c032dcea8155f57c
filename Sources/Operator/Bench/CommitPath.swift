import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// A real worker on an embedded Kafka, and a producer of commits that watches when they are visible.
struct CommitPath: Sendable {
  private let kafka: EmbeddedKafka
  private let worker: BenchWorker
  private let connection: PGConnection
  private let producer: KafkaProducer
  private let topics = Topics(prefix: "")
  private let lanes: Int

  /// Waits until the worker holds every partition.
  static func start(
    url: String, lanes: Int, executable: String = BenchWorker.ownExecutable
  ) async throws -> CommitPath {
    let kafka = try EmbeddedKafka()
    let topics = Topics(prefix: "")
    for topic in topics.everything { try kafka.createTopic(topic, partitions: topic == topics.draftCommit ? lanes : 1) }
    // The worker wants a directory of sources, and reads none.
    let jobs = "/tmp/syncline-bench-\(UUIDText.random())"
    try FileManager.default.createDirectory(atPath: jobs, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: jobs) }
    // No pushes: nothing stands behind PEMS here, and tries that fail are not what is measured.
    let worker = try await BenchWorker(
      executable: executable, flags: ["--only", "draft_commit"],
      environment: [
        "DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1",
        "SYNCLINE_JOBS_DIR": jobs, "SYNCLINE_HTTP_PORT": "0", "SYNCLINE_LOG_LEVEL": "warning",
        "SYNCLINE_LOG_FORMAT": "text",
        "SWIFT_BACKTRACE": "enable=no",
      ])
    let path = CommitPath(
      kafka: kafka, worker: worker, connection: try await PGConnection.open(BenchDatabase.options(url), name: "bench"),
      producer: try KafkaProducer(settings: kafka.settings, log: Log(level: .error)), lanes: lanes)
    let deadline = Deadline(after: .seconds(60))
    while try await path.positions().count < lanes {
      guard worker.isRunning, !deadline.hasPassed else {
        await path.stop()
        throw CommandError(.failure, "BENCH_FAILED", "the worker did not join")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    return path
  }

  /// Commits sessions at once; seconds from the production of each one's event until the transaction that holds its
  /// effect is visible.
  func commit(_ sessions: [String]) async throws -> [Double] {
    let messages = sessions.enumerated().map { index, session in message(session, partition: index % lanes) }
    let started = ContinuousClock.now
    var waiting: [Int32: [Int64]] = [:]
    for (message, result) in zip(messages, try await producer.sendAll(messages)) {
      waiting[message.partition ?? 0, default: []].append(try result.get())
    }
    var times: [Double] = []
    let deadline = Deadline(after: .seconds(600))
    while times.count < messages.count {
      guard worker.isRunning, !deadline.hasPassed else {
        throw CommandError(.failure, "BENCH_FAILED", "the worker ended, or a commit is stuck")
      }
      let next = try await positions()
      let now = started.duration(to: .now).inSeconds
      let seen = times.count
      for (partition, offsets) in waiting {
        let open = offsets.filter { $0 >= next[partition] ?? 0 }
        times += Array(repeating: now, count: offsets.count - open.count)
        waiting[partition] = open
      }
      // Who watches without a pause takes half a core from what is measured.
      if times.count == seen { try await Task.sleep(for: .milliseconds(1)) }
    }
    return times
  }

  func differences() async throws -> Int {
    try await connection.run { session in
      try session.reading { try KPIStore.differences(session, organization: nil).rowCount }
    }
  }

  /// Of the worker so far.
  var cpuSeconds: Double { worker.cpuSeconds }
  var peakMemory: Int64 { worker.peakMemory }

  func stop() async {
    await worker.stop()
    await producer.close()
    await connection.close()
    kafka.stop()
  }

  private func positions() async throws -> [Int32: Int64] {
    let topic = topics.draftCommit
    return try await connection.run { session in
      let rows = try OffsetStore.positions(session, group: "syncline").filter { $0.topic == topic }
      return Dictionary(uniqueKeysWithValues: rows.map { ($0.partition, $0.nextOffset) })
    }
  }

  private func message(_ session: String, partition: Int) -> OutgoingMessage {
    let id = UUIDText.random()
    let request = DraftCommitRequest(
      organization: BenchDatabase.organization, commitId: id, userId: "bench", sessionId: session)
    let event = CloudEvent(
      id: id, source: "syncline-bench", type: DraftCommitRequest.type, organization: request.organization,
      data: request.encoded())
    return OutgoingMessage(
      topic: topics.draftCommit, partition: Int32(partition), key: Array("\(request.organization)/\(session)".utf8),
      value: event.data, headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
  }
}
