import Kafka
import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore
import SyncWorker

/// Our path in one database: a real worker reads the source, publishes pages and applies them with everything on.
struct ReadSyncPath: Sendable {
  /// What one run took.
  struct Measure: Sendable {
    var seconds = 0.0
    var workerCPU = 0.0
    var postgresCPU = 0.0
    var walBytes: Int64 = 0
  }

  private let database: BenchDatabase
  private let kafka: EmbeddedKafka
  private let worker: BenchWorker
  private let connection: PGConnection
  private let producer: KafkaProducer
  private let topics = Topics(prefix: "")
  private let lanes: Int

  /// Starts a worker for a database of its own and waits until it holds every partition.
  static func start(
    _ database: BenchDatabase, url: String, source: BenchSource, lanes: Int, executable: String
  ) async throws -> ReadSyncPath {
    let kafka = try EmbeddedKafka()
    let topics = Topics(prefix: "")
    for topic in topics.everything { try kafka.createTopic(topic, partitions: topic == topics.readSync ? lanes : 1) }
    let worker = try await BenchWorker(
      executable: executable,
      environment: [
        "DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1",
        "SYNCLINE_JOBS_DIR": source.jobs, "SYNCLINE_HTTP_PORT": "0", "SYNCLINE_LOG_LEVEL": "warning",
        "SYNCLINE_LOG_FORMAT": "text", "SWIFT_BACKTRACE": "enable=no",
      ])
    let connection = try await PGConnection.open(BenchDatabase.options(url), name: "bench-watch")
    let producer = try KafkaProducer(settings: kafka.settings, log: Log(level: .error))
    let path = ReadSyncPath(
      database: database, kafka: kafka, worker: worker, connection: connection, producer: producer, lanes: lanes)
    do {
      try await path.wait(for: "the worker to join") { try await path.applied().partitions == lanes }
    } catch {
      await path.stop()
      throw error
    }
    return path
  }

  /// One full read, from the request to the end of its job. Throws when it does not succeed or does not bring exactly
  /// `records`.
  func run(_ content: BenchSource.Content, records: Int) async throws -> Measure {
    try await connection.run { try $0.execute("CHECKPOINT") }
    let wal = try await position()
    let cpu = (worker.cpuSeconds, database.cpuSeconds)
    let started = ContinuousClock.now
    let request = ReadSyncRequest(organization: BenchDatabase.organization, mode: .full, source: content.rawValue)
    let event = CloudEvent(
      id: UUIDText.random(), source: "syncline-bench", type: ReadSyncMessage.requestedType, time: timestamp(.now),
      organization: request.organization, data: request.encoded())
    try await send(event, key: request.organization, partition: 0)
    let job = UUIDText.event(source: event.source, id: event.id)
    try await wait(for: "the read sync to end") { try await isEnded(job) }
    var measure = Measure()
    measure.seconds = started.duration(to: .now).inSeconds
    measure.workerCPU = worker.cpuSeconds - cpu.0
    measure.postgresCPU = database.cpuSeconds - cpu.1
    measure.walBytes = try await position() - wal
    let received = try await connection.run { session in
      try session.query(Queries.showLog, [.null, .uuid(job)]).one().integer("received")
    }
    guard received == Int64(records) else {
      throw CommandError(.failure, "BENCH_INVALID", "the run received \(received) of \(records) records")
    }
    return measure
  }

  /// Single changes, one message each, no further ahead of what is applied than the embedded Kafka can keep. Returns
  /// seconds.
  func changes(_ count: Int) async throws -> Double {
    let before = try await applied().sum
    let started = ContinuousClock.now
    var sent = 0
    while sent < count {
      let batch = (sent..<min(sent + 500, count)).map { message($0) }
      for result in try await producer.sendAll(batch) { _ = try result.get() }
      sent += batch.count
      let least = before + Int64(sent - 2_000 * lanes)
      try await wait(for: "changes to be applied", every: .milliseconds(2)) { try await applied().sum >= least }
    }
    try await wait(for: "changes to be applied", every: .milliseconds(2)) {
      try await applied().sum >= before + Int64(count)
    }
    return started.duration(to: .now).inSeconds
  }

  /// The largest resident size of the worker so far, in bytes.
  var peakMemory: Int64 { worker.peakMemory }

  /// The kept totals that are not what the records say: none, or the figures mean nothing.
  func differences() async throws -> Int {
    try await connection.run { session in
      try session.reading { try KPIStore.differences(session, organization: nil).rowCount }
    }
  }

  func stop() async {
    await worker.stop()
    await producer.close()
    await connection.close()
    kafka.stop()
  }

  // MARK: Private

  private func message(_ index: Int) -> OutgoingMessage {
    let record = BenchSource.generator.record(index: index, revision: 3)
    let organization = BenchDatabase.organization
    let event = CloudEvent(
      id: "\(record.pfaId)/3", source: "syncline-bench", type: ReadSyncMessage.changedType, organization: organization)
    return OutgoingMessage(
      topic: topics.readSync, partition: Int32(index % lanes), key: Array("\(organization)/\(record.pfaId)".utf8),
      value: Array(#"{"organization":"\#(organization)","record":"#.utf8) + record.encoded() + [0x7D],
      headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
  }

  private func send(_ event: CloudEvent, key: String, partition: Int32) async throws {
    _ = try await producer.send(
      topic: topics.readSync, partition: partition, key: Array(key.utf8), value: event.data,
      headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
  }

  private func isEnded(_ job: String) async throws -> Bool {
    try await connection.run { session in
      guard let row = try session.query(Queries.jobStatus, [.uuid(job)]).first else { return false }
      switch try row.string("state") {
      case "succeeded": return true
      case "failed", "cancelled", "awaiting_approval":
        let code = try row.text("error_code") ?? ""
        throw CommandError(
          .failure, "BENCH_FAILED", "the read sync failed: \(code) \(try row.text("error_message") ?? "")")
      default: return false
      }
    }
  }

  private func applied() async throws -> (partitions: Int, sum: Int64) {
    let topic = topics.readSync
    return try await connection.run { session in
      let positions = try OffsetStore.positions(session, group: "syncline").filter { $0.topic == topic }
      return (positions.count, positions.reduce(0) { $0 + $1.nextOffset })
    }
  }

  private func position() async throws -> Int64 {
    try await connection.run { try $0.query(Queries.benchWAL).one().integer("bytes") }
  }

  /// Polls; throws when the worker has ended, or nothing comes of it for an hour.
  private func wait(
    for what: String, every pause: Duration = .milliseconds(10), _ condition: () async throws -> Bool
  ) async throws {
    let deadline = Deadline(after: .seconds(3600))
    while try await !condition() {
      guard worker.isRunning else {
        throw CommandError(.failure, "BENCH_FAILED", "the worker ended while waiting for \(what)")
      }
      guard !deadline.hasPassed else { throw TimedOut(limit: .seconds(3600)) }
      try await Task.sleep(for: pause)
    }
  }
}
