import Runtime
import Testing

@testable import Kafka

@Suite("Rebalances")
struct RebalanceTests {
  @Test("a second consumer gets a partition only after the first one's drain returned")
  func handover() async throws {
    try await withKafka(partitions: 4) { kafka in
      let drained = Locked<Set<TopicPartition>>([])
      let early = Locked<[TopicPartition]>([])
      let release = Locked(false)
      let first = Recorder(revoked: { partitions, _ in
        try? await until("the test lets go") { release.with { $0 } }
        drained.with { $0.formUnion(partitions) }
      })
      try await withConsumer(kafka, first) { one in
        try await until("one has all") { one.assignment.count == 4 }
        let second = Recorder(assigned: { partitions, _ in
          let done = drained.with { $0 }
          early.with { $0 += partitions.filter { !done.contains($0) } }
          return Dictionary(partitions.map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
        })
        try await withConsumer(kafka, second) { two in
          try await until("the first is asked to drain") { !first.seen.revoked.isEmpty }
          #expect(two.assignment.isEmpty)
          #expect(one.assignment.count == 4)
          #expect(first.seen.lost == [false])
          release.with { $0 = true }
          try await until("shared") { one.assignment.count == 2 && two.assignment.count == 2 }
          #expect(one.assignment.isDisjoint(with: two.assignment))
          #expect(early.with { $0 }.isEmpty)
          #expect(first.seen.generations == Set(first.seen.generations).sorted())
        }
        try await until("the first has all again") { one.assignment.count == 4 }
      }
    }
  }

  @Test("A consumer that closes while its group is being formed ends quietly, whatever moment it chose")
  func earlyClose() async throws {
    try await withKafka(partitions: 4) { kafka in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask {
            try await withConsumer(kafka, Recorder()) { _ in
              try await Task.sleep(for: .milliseconds(2_700 + 100 * number))  // a group's first members wait for 3 s
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("partitions that stay are read on through a rebalance, each message once")
  func nothingTwice() async throws {
    try await withKafka(partitions: 4) { kafka in
      let next = Locked<[TopicPartition: Int64]>([:])
      let all = Locked<[KafkaMessage]>([])
      // Both owners share one applied position, as workers share Postgres.
      @Sendable func recorder() -> Recorder {
        Recorder(
          assigned: { partitions, _ in
            next.with { known in
              Dictionary(partitions.map { ($0, known[$0] ?? 0) }, uniquingKeysWith: { first, _ in first })
            }
          },
          received: { messages in
            all.with { $0 += messages }
            next.with { known in for message in messages { known[message.topicPartition] = message.offset + 1 } }
          })
      }
      let producer = try KafkaProducer(settings: kafka.settings, log: quiet)
      let stop = Locked(false)
      let sending = Task {
        var sent = 0
        while !stop.with({ $0 }) {
          let messages = (0..<100).map { index in
            OutgoingMessage(topic: "t", partition: Int32(index % 4), key: nil, value: [1])
          }
          sent += try await producer.sendAll(messages).count
          try await Task.sleep(for: .milliseconds(20))  // a stream; a flood outlasts the group's sessions
        }
        return sent
      }
      try await withConsumer(kafka, recorder()) { one in
        try await until("one has all") { one.assignment.count == 4 }
        try await withConsumer(kafka, recorder()) { two in
          try await until("shared") { one.assignment.count == 2 && two.assignment.count == 2 }
        }
        try await until("the first has all again") { one.assignment.count == 4 }
        stop.with { $0 = true }
        let sent = try await sending.value
        try await until("all arrived") { all.with { $0.count } >= sent }
        #expect(all.with { $0.count } == sent)
      }
      await producer.close()
      for number in Int32(0)..<4 {
        let offsets = all.with { $0.filter { $0.partition == number }.map(\.offset) }
        let wrong = offsets.indices.first { offsets[$0] != Int64($0) }
        #expect(wrong == nil, "\(number): \(wrong.map { offsets[max(0, $0 - 3)..<min(offsets.count, $0 + 5)] } ?? [])")
      }
    }
  }

  @Test("a drain that does not end is given up at its deadline")
  func stuckDrain() async throws {
    try await withKafka { kafka in
      let cancelled = Locked(false)
      let recorder = Recorder(revoked: { _, _ in
        try? await Task.sleep(for: .seconds(600))  // no wait: stands for a stuck drain
        cancelled.with { $0 = Task.isCancelled }
      })
      try await withConsumer(kafka, recorder, drainDeadline: .milliseconds(200)) { consumer in
        try await until("assigned") { consumer.hasAssignment }
        await consumer.close()
        #expect(!consumer.hasAssignment)
      }
      try await until("the drain was cancelled") { cancelled.with { $0 } }
    }
  }

  @Test("closing drains, and what was committed there arrives")
  func commitInDrain() async throws {
    try await withKafka { kafka in
      let target = Locked<KafkaConsumer?>(nil)
      let recorder = Recorder(revoked: { partitions, _ in
        for entry in partitions { target.with { $0 }?.commit([entry: 11]) }
      })
      try await withConsumer(kafka, recorder) { consumer in
        target.with { $0 = consumer }
        try await until("assigned") { consumer.assignment.count == 2 }
      }
      target.with { $0 = nil }
      #expect(recorder.seen.revoked == [[partition(0), partition(1)]])
      let admin = try KafkaAdmin(settings: kafka.settings, log: quiet)
      let committed = try await admin.committed(group: "g", [partition(0), partition(1)])
      #expect(committed == [partition(0): 11, partition(1): 11])
      await admin.close()
    }
  }

  @Test("a member the group has forgotten is told that its partitions are lost, and joins again")
  func lost() async throws {
    try await withKafka { kafka in
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { consumer in
        try await until("assigned") { consumer.assignment.count == 2 }
        kafka.expelMember()
        try await until("lost") { recorder.seen.lost == [true] }
        try await until("assigned again") { recorder.seen.assigned.count == 2 && consumer.assignment.count == 2 }
        #expect(recorder.seen.generations == [1, 2])
        try await produce(kafka, 0..<10)
        try await until("it reads") { recorder.count == 10 }
      }
    }
  }

  @Test("a rebalance that changes nothing takes nothing away")
  func unchanged() async throws {
    try await withKafka { kafka in
      let recorder = Recorder()
      try await withConsumer(kafka, recorder) { consumer in
        try await until("assigned") { consumer.assignment.count == 2 }
        let before = consumer.rebalances
        kafka.rebalance()
        try await until("rebalanced") { consumer.rebalances > before }
        #expect(consumer.assignment.count == 2)
        #expect(recorder.seen.revoked.isEmpty)
        #expect(recorder.seen.generations == [1])
        try await produce(kafka, 0..<10)
        try await until("it reads") { recorder.count == 10 }
      }
    }
  }

  @Test("an owner that cannot name the offsets yet is asked again")
  func assignedThrows() async throws {
    try await withKafka { kafka in
      let tries = Locked(0)
      let recorder = Recorder(assigned: { partitions, _ in
        let number = tries.with { tries in
          tries += 1
          return tries
        }
        if number < 3 { throw KafkaError(code: -195) }
        return Dictionary(partitions.map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
      })
      try await produce(kafka, 0..<10)
      try await withConsumer(kafka, recorder) { _ in
        try await until("it reads") { recorder.count == 10 }
      }
      #expect(tries.with { $0 } == 3)
      #expect(recorder.seen.generations == [1, 1, 1])
    }
  }

  @Test("a worker that stopped without a word loses its partitions to the others")
  func silentDeath() async throws {
    try await withKafka { kafka in
      // No heartbeat: what the group sees of a killed or stopped process.
      var silent = kafka.settings
      silent.properties["heartbeat.interval.ms"] = "600000"
      let zombie = Recorder()
      try await withConsumer(kafka, zombie, settings: silent) { dead in
        try await until("the zombie has all") { dead.assignment.count == 2 }
        let heir = Recorder()
        try await withConsumer(kafka, heir) { _ in
          try await until("the zombie learns of it") { zombie.seen.lost.contains(true) }
          // It comes back to life in this process, so they share.
          try await until("the heir has its part") { !heir.seen.assigned.joined().isEmpty }
        }
      }
    }
  }

  @Test("a member without partitions stands by")
  func standby() async throws {
    try await withKafka(partitions: 1) { kafka in
      try await withConsumer(kafka, Recorder()) { one in
        try await until("one has it") { one.hasAssignment }
        try await withConsumer(kafka, Recorder()) { two in
          try await until("two stands by") { two.isMember }
          #expect(one.assignment.count + two.assignment.count == 1)
          try await until("one is a member still") { one.isMember }
        }
      }
    }
  }

  @Test("a partition whose start is not named is not read; the others are, and closing is clean")
  func partialOffsets() async throws {
    try await withKafka { kafka in
      try await produce(kafka, 0..<5, partition: 0)
      try await produce(kafka, 0..<5, partition: 1)
      let recorder = Recorder(assigned: { _, _ in [partition(1): 2] })
      try await withConsumer(kafka, recorder) { consumer in
        try await until("it reads") { recorder.count == 3 }
        #expect(consumer.assignment == [partition(1)])
      }
      #expect(texts(recorder.messages, partition: 1) == ["2", "3", "4"])
      #expect(texts(recorder.messages, partition: 0).isEmpty)
    }
  }

  @Test("closing does not wait for an owner that never names the offsets, however stubborn")
  func closeWhileAssigning() async throws {
    try await withKafka { kafka in
      let release = Signal()
      defer { release.fire() }
      let recorder = Recorder(assigned: { _, _ in
        _ = await release.wait(atMost: .seconds(600))
        return [:]
      })
      try await withConsumer(kafka, recorder) { consumer in
        try await until("asked") { !recorder.seen.assigned.isEmpty }
        #expect(consumer.isMember)
        #expect(!consumer.hasAssignment)
        let before = consumer.lastPoll
        try await until("the loop turns while the owner thinks") { consumer.lastPoll > before }
      }
    }
  }
}
