import Kafka
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

/// Paused work waits, visibly, and nobody else does.
@Suite("Pauses")
struct PauseTests {
  private func pause(_ world: WorkerWorld, kind: String? = nil, organization: String? = nil) async throws {
    try await world.connection.run {
      _ = try QueueStore.pause($0, kind: kind, organization: organization, by: "ann", reason: nil)
    }
  }

  private func resume(_ world: WorkerWorld, kind: String? = nil, organization: String? = nil) async throws -> Int64? {
    try await world.connection.run {
      try QueueStore.resume($0, kind: kind, organization: organization, by: "ann", reason: nil)
    }
  }

  @Test(
    "A paused organization's messages are held and its jobs queued; the partition and others go on; resumed, all of it is done"
  )
  func organization() async throws {
    try await WorkerWorld.with(
      .of {
        $0.records = 40
        $0.organizations = ["RIO", "RIO2"]
      }
    ) { world in
      try world.startWorker()
      try await pause(world, organization: "RIO")
      let job = try await world.requestSync(.full)
      let other = Events.record(901, organization: "RIO2")
      let batch = [
        world.message(Events.changed(Events.record(900)), key: "a"),
        world.message(Events.changed(other, organization: "RIO2"), key: "b"),
        world.message(Events.changed(Events.record(902)), key: "c"),
      ]
      try await world.apply(batch)
      #expect(try await world.lines("SELECT organization_id FROM pfa_mirror") == ["RIO2"])
      #expect(try await world.lines("SELECT kind, organization_id FROM held_message ORDER BY id").count == 2)
      try await world.waitForJob(job, in: ["queued"])
      let lines = try await world.connection.run { session in
        try session.reading {
          try QueueStore.list(session, organization: nil, kind: nil).rows.map {
            "\(try $0.text("kind") ?? "-") \(try $0.text("organization_id") ?? "-") \(try $0.bool("paused") ?? false) "
              + "\(try $0.integer("queued")) \(try $0.integer("held_messages"))"
          }
        }
      }
      #expect(lines == ["- RIO true 0 0", "read_sync RIO true 1 2"])
      let why = try await world.connection.run { session in
        try session.reading { try JobReports.circumstances(session, job) }
      }
      #expect(why?.pause?.organization == "RIO" && why?.pause?.actor == "ann")

      #expect(try await resume(world, organization: "RIO") == 2)
      #expect(try await world.waitForJob(job).state == "succeeded")
      try await until("held messages are applied") { try await world.count("pfa_mirror") == 43 }
      #expect(try await world.count("held_message") == 0)
      #expect(try await world.kpiDifferences() == [])
      #expect(try await resume(world, organization: "RIO") == nil)
    }
  }

  @Test("A paused kind waits for every organization; what is paused twice goes on when both pauses are over")
  func kind() async throws {
    try await WorkerWorld.with(.of { $0.records = 5 }) { world in
      try world.startWorker()
      try await world.sync(.full)
      try await world.permit("ann")
      try await pause(world, kind: "draft_commit")
      try await pause(world, organization: "RIO")
      let record = Events.record(0).pfaId
      try await world.draft(record, #"{"monthlyRate": 1}"#, user: "ann", session: "s")
      let commit = try await world.requestCommit("s", user: "ann")
      try await until("the commit is held") { try await world.count("held_message") == 1 }
      #expect(try await resume(world, kind: "draft_commit") == 0)
      #expect(try await world.job(commit) == nil)
      #expect(try await resume(world, organization: "RIO") == 1)
      #expect(try await world.waitForJob(commit).state == "succeeded")
    }
  }

  @Test("Paused pushes stay committed, and are pushed when they are resumed")
  func pushes() async throws {
    try await WorkerWorld.withRecords { world, _ in
      try await pause(world, kind: "write_back")
      let id = try await world.edit(3, #"{"dor": "SITE"}"#)
      try await until("the request to push is taken") { try await world.count("outbox") == 0 }
      let queue = try await world.connection.run { session in
        try session.reading {
          try QueueStore.list(session, organization: "RIO", kind: "write_back").rows.map { try $0.integer("queued") }
        }
      }
      #expect(queue == [0, 1])
      #expect(try await world.editState(id) == "committed" && world.pems.writes.requests == 0)
      #expect(try await resume(world, kind: "write_back") == 0)
      try await world.waitForEdit(id, "synced")
    }
  }
}
