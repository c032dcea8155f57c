import FoundationEssentials
import Glibc
import Kafka
import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore
import SyncWorker

/// Two tenants and their workers: one with much to load, one with a few records and commits.
struct FairnessTenants: Sendable {
  static let workers = 2
  private static let lanes = 4
  private static let small = "BENCH-SMALL"
  /// Where the second tenant's users edit: no read of PEMS misses these records.
  private static let editing = "BENCH-EDITS"
  /// Records of the second tenant's sync, and those that it edits.
  private static let few = 10
  private static let edited = 2_000

  private let kafka: EmbeddedKafka
  private let environment: [String: String]
  private let executable: String
  private let running: Locked<[BenchWorker]>
  private let connection: PGConnection
  private let producer: KafkaProducer
  private let topics = Topics(prefix: "")
  private let commits = Locked(0)

  static func start(url: String, source: BenchSource, executable: String) async throws -> FairnessTenants {
    try await BenchDatabase.run(url) { session in
      for id in [small, editing] { try session.asSystem { _ = try OrganizationStore.add(session, id: id, name: "") } }
      try session.query(Queries.benchFillRecords, [.text(editing), .int4(Int32(edited))])
      try session.asWorker(editing) {
        _ = try KPIStore.rebuild(session, organization: editing, slot: 0, cause: "bench")
      }
      // There is no PEMS to take the edits.
      _ = try QueueStore.pause(
        session, kind: WorkKind.writeBack.rawValue, organization: nil, by: "bench", reason: "no upstream")
      try BenchDatabase.analyze(session)
    }
    let generator = RecordGenerator(seed: 7, organization: small)
    let lines = (0..<few).map { String(decoding: generator.record(index: $0).encoded(), as: UTF8.self) + "\n" }
    let path = "\(source.directory)/small.ndjson"
    try lines.joined().write(toFile: path, atomically: false, encoding: .utf8)
    try "sources:\n  - name: small\n    kind: file\n    path: \(path)\n".write(
      toFile: "\(source.jobs)/small.yaml", atomically: false, encoding: .utf8)

    let kafka = try EmbeddedKafka()
    let topics = Topics(prefix: "")
    let many = [topics.readSync, topics.draftCommit]
    for topic in topics.everything { try kafka.createTopic(topic, partitions: many.contains(topic) ? lanes : 1) }
    let tenants = FairnessTenants(
      kafka: kafka,
      environment: [
        "DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1",
        "SYNCLINE_JOBS_DIR": source.jobs, "SYNCLINE_HTTP_PORT": "0", "SYNCLINE_LOG_LEVEL": "error",
        "SYNCLINE_LOG_FORMAT": "text", "SWIFT_BACKTRACE": "enable=no",
      ],
      executable: executable, running: Locked([]),
      connection: try await PGConnection.open(BenchDatabase.options(url), name: "bench"),
      producer: try KafkaProducer(settings: kafka.settings, log: Log(level: .error)))
    do {
      try await tenants.hire()
    } catch {
      await tenants.stop()
      throw error
    }
    return tenants
  }

  func stop() async {
    for worker in running.with({ $0 }) {
      kill(worker.pid, SIGCONT)
      await worker.stop()
    }
    await producer.close()
    await connection.close()
    kafka.stop()
  }

  // MARK: Work

  /// Seconds from the request of the second tenant's small sync to its end.
  func smallSync() async throws -> Double {
    let started = ContinuousClock.now
    let job = try await request(Self.small, source: "small")
    try await wait(for: "a small sync") { try await isEnded(job) }
    return started.duration(to: .now).inSeconds
  }

  /// Seconds from the event of the second tenant's commit to its effect.
  func commit() async throws -> Double {
    let number = commits.with { number in
      number += 1
      return number
    }
    let prefix = "fair\(number)"
    let drafts: [PGValue] = [
      .text(Self.editing), .text(prefix), .int4(1), .int4(1), .int4(Int32(number % Self.edited)), .int4(1),
    ]
    try await connection.run { try $0.query(Queries.benchFillDrafts, drafts) }
    let request = DraftCommitRequest(
      organization: Self.editing, commitId: UUIDText.random(), userId: "bench", sessionId: "\(prefix)-0")
    let event = CloudEvent(
      id: request.commitId, source: "syncline-bench", type: DraftCommitRequest.type, organization: Self.editing,
      data: request.encoded())
    let started = ContinuousClock.now
    let place = try await send(event, topic: topics.draftCommit, partition: Int32(number % Self.lanes))
    try await wait(for: "a commit") { try await applied(place) }
    return started.duration(to: .now).inSeconds
  }

  func request(_ organization: String, source: BenchSource.Content) async throws -> String {
    try await request(organization, source: source.rawValue)
  }

  private func request(_ organization: String, source: String) async throws -> String {
    let request = ReadSyncRequest(organization: organization, mode: .full, source: source)
    let event = CloudEvent(
      id: UUIDText.random(), source: "syncline-bench", type: ReadSyncMessage.requestedType, time: timestamp(.now),
      organization: organization, data: request.encoded())
    _ = try await send(event, topic: topics.readSync, partition: 0)
    return UUIDText.event(source: event.source, id: event.id)
  }

  func isEnded(_ job: String) async throws -> Bool {
    let state = try await state(job)
    guard !["failed", "cancelled", "awaiting_approval"].contains(state) else {
      throw CommandError(.failure, "BENCH_FAILED", "a read sync is \(state ?? "")")
    }
    return state == "succeeded"
  }

  func waitUntilRunning(_ job: String) async throws {
    try await wait(for: "a job to run") { ["running", "succeeded"].contains(try await state(job)) }
  }

  private func state(_ job: String) async throws -> String? {
    try await connection.run { try $0.query(Queries.jobStatus, [.uuid(job)]).first?.string("state") }
  }

  /// Seconds that the roll-ups are behind the totals.
  func lag() async throws -> Double {
    try await connection.run { session in try session.reading { try TrendStore.lag(session).seconds } }
  }

  // MARK: Pause

  /// Changes of the second tenant flow; seconds from the commit of its pause to the last effect.
  func pause() async throws -> Double {
    let flow = Task {
      var revision = 1
      while !Task.isCancelled {
        for index in 0..<Self.few { try await change(index, revision: revision) }
        revision += 1
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    defer { flow.cancel() }
    let before = try await effects().versions
    try await wait(for: "changes") { try await effects().versions > before + 20 }
    try await connection.run { session in
      _ = try QueueStore.pause(session, kind: nil, organization: Self.small, by: "bench", reason: nil)
    }
    let paused = ContinuousClock.now
    var last = (versions: try await effects().versions, at: paused)
    // Effects may only grow until all that come are held.
    try await wait(for: "messages to be held") {
      let now = try await effects()
      if now.versions != last.versions { last = (now.versions, .now) }
      return now.held > 100
    }
    flow.cancel()
    _ = await flow.result
    try await connection.run { session in
      _ = try QueueStore.resume(session, kind: nil, organization: Self.small, by: "bench", reason: nil)
    }
    try await wait(for: "held messages to go on") { try await effects().held == 0 }
    return paused.duration(to: last.at).inSeconds
  }

  private func effects() async throws -> (versions: Int64, held: Int64) {
    try await connection.run { session in
      let row = try session.query(Queries.benchHeld, [.text(Self.small)]).one()
      return (try row.integer("versions"), try row.integer("held"))
    }
  }

  private func change(_ index: Int, revision: Int) async throws {
    let record = RecordGenerator(seed: 7, organization: Self.small).record(index: index, revision: revision)
    let data = Array(#"{"organization":"\#(Self.small)","record":"#.utf8) + record.encoded() + [0x7D]
    let event = CloudEvent(
      id: "\(index)/\(revision)", source: "syncline-bench", type: ReadSyncMessage.changedType, organization: Self.small,
      data: data)
    _ = try await send(event, topic: topics.readSync, partition: Int32(index % Self.lanes))
  }

  // MARK: Takeover

  /// What happens to the worker that drives a bulk load: seconds until another drives its job, and until others have
  /// all of its partitions. The load goes on to its end.
  func takeover(_ signal: Int32) async throws -> (job: Double, partitions: Double) {
    // Something to do for longer than it takes to notice.
    let job = try await request(BenchDatabase.organization, source: .changed)
    try await wait(for: "a job to run") { try await owner(job) != nil }
    guard let name = try await owner(job),
      let pid = name.split(separator: "-").dropFirst().first.flatMap({ Int32($0) }),
      let worker = running.with({ $0.first { $0.pid == pid } })
    else { throw CommandError(.failure, "BENCH_FAILED", "nobody drives the bulk load; take more --records") }
    kill(pid, signal)
    let started = ContinuousClock.now
    var times: (job: Double?, partitions: Double?) = (nil, nil)
    try await wait(for: "a worker's work to be taken over") {
      let now = started.duration(to: .now).inSeconds
      if times.job == nil, try await owner(job).map({ $0 != name }) ?? false { times.job = now }
      if times.job == nil, try await isEnded(job) {
        throw CommandError(.failure, "BENCH_INVALID", "the load had ended already", hint: "take more --records")
      }
      if times.partitions == nil, try await partitions(of: name) == 0 { times.partitions = now }
      return times.job != nil && times.partitions != nil
    }
    try await wait(for: "the load to end") { try await isEnded(job) }
    kill(pid, SIGKILL)
    running.with { $0.removeAll { $0 === worker } }
    await worker.stop()
    try await hire()
    return (times.job ?? 0, times.partitions ?? 0)
  }

  /// Brings the workers to their number and waits until they hold every partition.
  private func hire() async throws {
    while running.with({ $0.count }) < Self.workers {
      let worker = try await BenchWorker(executable: executable, environment: environment)
      running.with { $0.append(worker) }
    }
    let names = running.with { $0.map { "worker-\($0.pid)-" } }
    try await wait(for: "the workers to join") {
      for name in names where try await partitions(of: name) == 0 { return false }
      return true
    }
  }

  private func owner(_ job: String) async throws -> String? {
    try await connection.run { try $0.query(Queries.benchOwner, [.uuid(job), .text("")]).one().text("owner") }
  }

  private func partitions(of name: String) async throws -> Int64 {
    try await connection.run { try $0.query(Queries.benchOwner, [.null, .text(name)]).one().integer("partitions") }
  }

  // MARK: Kafka

  private func send(
    _ event: CloudEvent, topic: String, partition: Int32
  ) async throws -> (topic: String, partition: Int32, offset: Int64) {
    let place = try await producer.send(
      topic: topic, partition: partition, key: Array((event.organization ?? "").utf8), value: event.data,
      headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
    return (topic, place.partition, place.offset)
  }

  private func applied(_ place: (topic: String, partition: Int32, offset: Int64)) async throws -> Bool {
    try await connection.run { session in
      try OffsetStore.positions(session, group: "syncline").contains {
        $0.topic == place.topic && $0.partition == place.partition && $0.nextOffset > place.offset
      }
    }
  }

  private func wait(for what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = Deadline(after: .seconds(600))
    while try await !condition() {
      guard !deadline.hasPassed else { throw CommandError(.failure, "BENCH_FAILED", "waited in vain for \(what)") }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
