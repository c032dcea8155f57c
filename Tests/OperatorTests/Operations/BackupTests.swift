import FoundationEssentials
import Postgres
import Runtime
import SyncDomain
import SyncWorker
import TestKit
import Testing

@testable import Operator

/// Backups that are really restored, by the scripts and settings that the chart brings.
@Suite struct BackupTests {
  @Test(
    "S1-52 S1-64 S4-21 A backup restored on another server is whole, and work goes on there without a double effect")
  func drill() async throws {
    try await WorkerWorld.with(.of { $0.records = 120 }) { world in
      let scratch = try Scratch()
      let worker = try world.startWorker()
      #expect(try await world.sync().state == "succeeded")
      // A login as the manual has it: no superuser, reads past row level security, writes nothing.
      try await world.execute(
        """
        DO $$ BEGIN
          CREATE ROLE syncline_backup LOGIN BYPASSRLS IN ROLE pg_read_all_data;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """)
      let taken = try await shell(
        try text(of: "Helm/syncline/files/backup.sh"), [],
        [
          "BACKUP_DATABASE_URL": world.databaseURL.replacing("user=postgres", with: "user=syncline_backup"),
          "BACKUP_DIRECTORY": scratch.path,
        ])
      #expect(taken.status == 0, "\(taken.output)")
      let dump = try #require(taken.output.split(separator: " ").first.map(String.init))
      let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
      #expect(files.count == 2 && files.allSatisfy { !$0.hasSuffix(".part") })

      // What comes after the backup is in Kafka and in PEMS, and will be lost with the server.
      for row in world.pems.rows(organization: "RIO").prefix(40) {
        let changed = world.pems.update(
          organization: "RIO", pfaId: row.pfaId, data: [.init("forecastEnd", .string("2027-01-31"))])
        #expect(changed)
      }
      #expect(try await world.sync().state == "succeeded")
      await worker.stop()
      let (rows, kpis) = (try await world.rows(), try await world.kpis())
      let jobs = try await world.count("sync_job")

      let server = try await EmbeddedPostgres.start()
      try await server.createDatabase("restored")
      let url = server.url(database: "restored")
      let restore = try text(of: "Helm/syncline/files/restore.sh")
      let restored = try await shell(restore, [dump], ["RESTORE_DATABASE_URL": url])
      #expect(restored.status == 0, "\(restored.output)")
      let again = try await shell(restore, [dump], ["RESTORE_DATABASE_URL": url])
      #expect(again.status == 1 && again.output.contains("restore into an empty one"))
      #expect(try await column(url, "SELECT count(*) FROM sync_job") == ["\(jobs - 1)"])
      #expect(await program(["kpi", "verify"], environment: ["DATABASE_URL": url]).code == .ok)

      let resumed = try world.startWorker { $0.postgres = PGOptions(url: url, applicationName: "restored") }
      try await until("the restored database has caught up") {
        let states = try await column(url, "SELECT state FROM sync_job")
        return states.count == jobs && states.allSatisfy { $0 == "succeeded" }
      }
      let doctor = await program(["doctor"], environment: environment(world, url))
      for name in ["postgres", "schema", "row security", "kpi", "leases", "offsets", "gaps"] {
        let check = try doctor.objects.first { $0["name"]?.string == name }
        #expect(check?["status"]?.string == "ok", "\(name): \(doctor.data)")
      }
      await resumed.stop()
      #expect(try await lines(rows: url) == rows)
      #expect(try await lines(kpis: url) == kpis)
      #expect(await program(["kpi", "verify"], environment: ["DATABASE_URL": url]).code == .ok)
      await server.stop()
    }
  }

  @Test("A backup that can not be made leaves nothing that looks like one, and removes none")
  func failed() async throws {
    let scratch = try Scratch()
    let old = "\(scratch.path)/syncline-20200101T000000Z.dump"
    #expect(FileManager.default.createFile(atPath: old, contents: nil))
    let made = try await shell(
      "touch -d 2020-01-01 '\(old)'\n" + (try text(of: "Helm/syncline/files/backup.sh")), [],
      ["BACKUP_DATABASE_URL": "host=/nowhere", "BACKUP_DIRECTORY": scratch.path])
    #expect(made.status != 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["syncline-20200101T000000Z.dump"])
  }

  @Test("S1-53 Archived write-ahead log brings the database back to the moment before a mistake")
  func pointInTime() async throws {
    let scratch = try Scratch()
    let archive = "\(scratch.path)/archive"
    #expect(
      try await shell("mkdir $1 && { [ $(id -u) != 0 ] || chown postgres: $1; }", [archive]).status == 0)
    let command = try #require(
      text(of: "Helm/syncline/values.yaml").split(separator: "\n").lazy.compactMap { line -> String? in
        line.firstRange(of: "archive_command: ").map { String(line[$0.upperBound...]) }
      }.first)
    #expect(command.contains("/archive/%f"))
    let server = try await EmbeddedPostgres.start(settings: [
      "wal_level": "replica", "archive_mode": "on",
      "archive_command": command.replacing("/archive/", with: archive + "/"),
    ])
    try await WorkerWorld.with(.of { ($0.records, $0.server) = (60, server) }) { world in
      let worker = try world.startWorker()
      let home = "\(scratch.path)/home"
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      try await ServerCopy.take(
        of: world.databaseURL, into: home,
        then: """
          cat >> postgresql.auto.conf <<END
          restore_command = 'cp \(archive)/%f %p'
          recovery_target_name = 'before'
          recovery_target_action = 'promote'
          END
          touch recovery.signal
          """)
      #expect(try await world.sync().state == "succeeded")
      await worker.stop()
      let (rows, kpis) = (try await world.rows(), try await world.kpis())
      // The mistake, and the archive's last piece.
      try await world.execute("SELECT pg_create_restore_point('before')")
      for table in ["kpi_slot", "pfa_mirror"] { try await world.execute("DELETE FROM \(table)") }
      let last = try await world.lines("SELECT pg_walfile_name(pg_switch_wal())")
      try await until("the log is archived") {
        FileManager.default.fileExists(atPath: "\(archive)/\(last[0])")
      }
      let restored = try await EmbeddedPostgres.start(directory: home)
      let url = TestDatabase.replacingDatabase(
        in: restored.url(), with: try await world.lines("SELECT current_database()")[0])
      try await until("it is a primary again") {
        try await column(url, "SELECT pg_is_in_recovery()") == ["f"]
      }
      #expect(try await lines(rows: url) == rows && !rows.isEmpty)
      #expect(try await lines(kpis: url) == kpis)
      #expect(await program(["kpi", "verify"], environment: ["DATABASE_URL": url]).code == .ok)
      await restored.stop()
    }
    await server.stop()
  }

  private func environment(_ world: WorkerWorld, _ url: String) -> [String: String] {
    [
      "DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrapServers,
      KafkaConnection.embeddedVariable: "1", "SYNCLINE_TOPIC_PREFIX": world.topics.prefix,
      "SYNCLINE_GROUP": world.group,
    ]
  }

  /// As `WorkerWorld.rows`, of another database.
  private func lines(rows url: String) async throws -> [String] {
    try await column(
      url,
      """
      SELECT organization_id, pfa_id, data, version, source_block, source_index, content_hash, is_discontinued,
        swept_by IS NOT NULL, pending_base
      FROM pfa_mirror ORDER BY organization_id, pfa_id
      """)
  }

  private func lines(kpis url: String) async throws -> [String] {
    let summary = try await column(url, "SELECT * FROM pfa_kpi_summary ORDER BY 1, 2, 3, 4")
    return summary + (try await column(url, "SELECT * FROM pfa_timeline_bounds ORDER BY 1"))
  }
}
