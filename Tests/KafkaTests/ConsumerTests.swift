import Kafka
import Runtime
import Testing

@Suite("Consumer")
struct ConsumerTests {
  @Test("reading starts at the offsets the owner names")
  func startOffsets() async throws {
    try await withKafka { kafka in
      try await produce(kafka, 0..<100)
      let recorder = Recorder(assigned: { partitions, _ in
        Dictionary(partitions.map { ($0, $0.partition == 0 ? 90 : 0) }, uniquingKeysWith: { first, _ in first })
      })
      try await withConsumer(kafka, recorder) { _ in
        try await until("ten arrived") { recorder.count >= 10 }
      }
      #expect(texts(recorder.messages) == (90..<100).map(String.init))
    }
  }

  @Test("a paused partition rests while others go on, and resumes where it stopped")
  func pause() async throws {
    try await withKafka { kafka in
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { consumer in
        try await until("assigned") { consumer.assignment.count == 2 }
        consumer.pause([partition(0)])
        try await produce(kafka, 0..<50, partition: 0)
        try await produce(kafka, 0..<50, partition: 1)
        try await until("the other partition arrived") { texts(recorder.messages, partition: 1).count == 50 }
        #expect(texts(recorder.messages, partition: 0).isEmpty)
        consumer.resume([partition(0)])
        try await until("the paused partition arrived") { texts(recorder.messages, partition: 0).count == 50 }
        consumer.pause([partition(0), partition(1)])
        try await produce(kafka, 50..<60, partition: 0)
        consumer.resume([partition(0)])
        try await until("the rest arrived") { texts(recorder.messages, partition: 0).count == 60 }
      }
      #expect(texts(recorder.messages, partition: 0) == (0..<60).map(String.init))
    }
  }

  @Test("pausing inside a batch stops after that batch; nothing is lost or repeated")
  func pauseInside() async throws {
    try await withKafka(partitions: 1) { kafka in
      try await produce(kafka, 0..<5000)
      let target = Locked<KafkaConsumer?>(nil)
      let batches = Locked(0)
      let recorder = Recorder(received: { _ in
        batches.with { $0 += 1 }
        target.with { $0 }?.pause([partition(0)])
      })
      try await withConsumer(kafka, recorder) { consumer in
        target.with { $0 = consumer }
        while recorder.count < 5000 {
          let before = batches.with { $0 }
          consumer.resume([partition(0)])
          try await until("another batch") { batches.with { $0 } > before }
        }
      }
      target.with { $0 = nil }
      #expect(texts(recorder.messages) == (0..<5000).map(String.init))
    }
  }

  @Test("seek goes back and forth, also while paused")
  func seek() async throws {
    try await withKafka(partitions: 1) { kafka in
      try await produce(kafka, 0..<100)
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { consumer in
        try await until("all arrived") { recorder.count == 100 }
        try await consumer.seek([partition(0): 95])
        try await until("the tail again") { recorder.count == 105 }
        consumer.pause([partition(0)])
        try await consumer.seek([partition(0): 98])
        try await produce(kafka, 100..<101)
        consumer.resume([partition(0)])
        try await until("from there on") { recorder.count == 108 }
        await #expect(throws: KafkaError.self) { try await consumer.seek([partition(7): 0]) }
      }
      #expect(texts(recorder.messages).suffix(8) == ["95", "96", "97", "98", "99", "98", "99", "100"])
    }
  }

  @Test("an offset outside the log is reported with its partition, and a seek goes on from there")
  func offsetOutOfRange() async throws {
    try await withKafka { kafka in
      try await produce(kafka, 0..<10)
      try await produce(kafka, 0..<10, partition: 1)
      let recorder = Recorder(assigned: { partitions, _ in
        Dictionary(partitions.map { ($0, $0.partition == 0 ? 5000 : 0) }, uniquingKeysWith: { first, _ in first })
      })
      try await withConsumer(kafka, recorder) { consumer in
        try await until("reported") {
          recorder.seen.failures.contains { $0.0.isOffsetOutOfRange && $0.1 == partition(0) }
        }
        try await until("the other partition arrived") { texts(recorder.messages, partition: 1).count == 10 }
        #expect(texts(recorder.messages).isEmpty)
        consumer.pause([partition(0)])
        try await consumer.seek([partition(0): 4])
        try await produce(kafka, 10..<11, partition: 1)
        try await until("the pause holds") { texts(recorder.messages, partition: 1).count == 11 }
        #expect(texts(recorder.messages).isEmpty)
        consumer.resume([partition(0)])
        try await until("it goes on") { texts(recorder.messages).count == 6 }
      }
    }
  }

  @Test("a committed offset is seen by an admin client, the latest wins")
  func commit() async throws {
    try await withKafka { kafka in
      let recorder = Recorder()
      let admin = try KafkaAdmin(settings: kafka.settings, log: quiet)
      try await withConsumer(kafka, recorder, group: "committing") { consumer in
        try await until("assigned") { consumer.assignment.count == 2 }
        for offset in Int64(1)...40 { consumer.commit([partition(0): offset]) }
        consumer.commit([partition(1): 7, partition(9): 1])
        try await until("committed") {
          try await admin.committed(group: "committing", [partition(0), partition(1)])
            == [partition(0): 40, partition(1): 7]
        }
      }
      await admin.close()
    }
  }

  @Test("a commit that the coordinator refuses for now is tried again")
  func commitRetry() async throws {
    try await withKafka { kafka in
      let admin = try KafkaAdmin(settings: kafka.settings, log: quiet)
      try await withConsumer(kafka, Recorder()) { consumer in
        try await until("assigned") { consumer.assignment.count == 2 }
        kafka.failNext(.offsetCommit, with: [14, 14])
        consumer.commit([partition(0): 3])
        try await until("committed") {
          try await admin.committed(group: "g", [partition(0)]) == [partition(0): 3]
        }
      }
      await admin.close()
    }
  }

  @Test("broken fetches are survived without loss or repetition")
  func fetchFaults() async throws {
    try await withKafka(partitions: 1, brokers: 2) { kafka in
      try kafka.moveLeader(partition(0), to: 1)
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { consumer in
        try await produce(kafka, 0..<100)
        try await until("first part") { recorder.count == 100 }
        kafka.failNext(.fetch, with: [6, -195, 7])
        try await produce(kafka, 100..<200)
        try await until("second part") { recorder.count == 200 }
        try kafka.moveLeader(partition(0), to: 2)
        try await produce(kafka, 200..<300)
        try await until("third part") { recorder.count == 300 }
      }
      #expect(texts(recorder.messages) == (0..<300).map(String.init))
    }
  }

  @Test("a consumer that was never started closes, and one that nobody answers too")
  func closeWithoutBroker() async throws {
    let settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", embedded: true)
    let idle = try KafkaConsumer(settings: settings, group: "g", topics: ["t"], delegate: Recorder(), log: quiet)
    await idle.close()
    let recorder = Recorder()
    let lonely = try KafkaConsumer(settings: settings, group: "g", topics: ["t"], delegate: recorder, log: quiet)
    lonely.start()
    try await until("unreachable is reported") { recorder.seen.failures.contains { $0.0.isUnreachable } }
    #expect(!lonely.isMember)
    await lonely.close()
    await lonely.close()
    await #expect(throws: KafkaError.self) { try await lonely.seek([partition(0): 0]) }
    await #expect(throws: KafkaError.self) { _ = try await lonely.watermarks(partition(0)) }
  }
}
