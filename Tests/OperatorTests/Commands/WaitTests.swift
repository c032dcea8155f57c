import Kafka
import Postgres
import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// How a command ends that waits for a job which fails, or whose database goes away.
@Suite(.syncDatabase) struct WaitTests {
  private func wait(_ format: OutputFormat) async throws -> (data: String, error: CommandError?) {
    let recorder = Recorder()
    let connection = try await PGConnection.open(PGOptions(url: try SyncDatabase.current.url), name: "wait")
    let poll = JobPoll(connection: connection, output: recorder.output(format), group: "syncline", deadline: nil)
    var failure: CommandError?
    do {
      _ = try await JobWait(poll: poll).run(jobA)
    } catch let error as CommandError {
      failure = error
    }
    await connection.close()
    return (recorder.data, failure)
  }

  @Test("A read that failed shows its log row on standard output, in every format, beside its error")
  func failed() async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, parameters, error_code, error_message, finished_at)
      VALUES ('\(jobA)', 'RIO', 'read_sync', 'failed', '{"mode": "full", "source": "pems"}', 'FILE_NOT_FOUND', 'no file', now())
      """)
    for format in OutputFormat.allCases {
      let none = try await wait(format)
      #expect(none.data.isEmpty && none.error?.exit == .notFound, "it had not begun")
    }
    try await sql(
      """
      INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, source, status)
      VALUES ('\(jobA)', 'RIO', 'full', 'pems', 'failed')
      """)
    for format in OutputFormat.allCases {
      let ended = try await wait(format)
      #expect(ended.data.contains(jobA) && ended.data.contains("pems"), "\(format): \(ended.data)")
      #expect(ended.error?.exit == .notFound && ended.error?.code == "FILE_NOT_FOUND")
    }
    let row = try JSONValue(parsing: Array(try await wait(.json).data.utf8))
    #expect(row["status"]?.string == "failed" && row["job_id"]?.string == jobA)
  }

  @Test("A login that PEMS refused: mend it, restart the workers, which have the old one, then retry")
  func login() async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, parameters, error_code, finished_at)
      VALUES ('\(jobA)', 'RIO', 'read_sync', 'failed', '{"mode": "full", "source": "pems"}', 'AUTH', now())
      """)
    let error = try await wait(.json).error
    #expect(error?.hint == "mend the credentials, restart the workers, then 'syncline jobs retry \(jobA)'")
  }

  /// Ends the sessions of commands on this test's database, as a server does that goes away.
  private func endSessions() async throws {
    try await sql(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'syncline command'
      """)
  }

  @Test("When the database goes away while somebody waits, the error says which job goes on")
  func lost() async throws {
    let kafka = try EmbeddedKafka()
    defer { kafka.stop() }
    let environment = [
      "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, KafkaConnection.embeddedVariable: "1",
      "SYNCLINE_JOBS_DIR": "/nonexistent", "DATABASE_URL": try SyncDatabase.current.url,
    ]
    func run(_ line: [String], until text: String) async throws -> (code: ExitCode, messages: String) {
      let recorder = Recorder()
      async let ran = Commands.program.run(line, output: recorder.output(), environment: environment)
      try await until("it waits") { recorder.messages.contains(text) }
      try await endSessions()
      return (await ran, recorder.messages)
    }
    let waited = try await run(["sync", "run", "RIO", "--source", "pems", "--wait"], until: "no worker lives")
    let id = try #require(try await value("SELECT job_id FROM job_request"))
    let watched = try await run(["jobs", "watch", id], until: "no worker has taken")
    for ran in [waited, watched] {
      #expect(ran.code == .unreachable && ran.messages.contains("DATABASE_UNREACHABLE"), "\(ran.messages)")
      #expect(ran.messages.contains("job \(id) goes on") && ran.messages.contains("'syncline jobs watch \(id)'"))
    }
  }
}
