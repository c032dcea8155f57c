import Glibc
import HTTP
import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker
import TestKit
import Testing

@testable import Operator

/// The status page over HTTP, on a database of its own.
@Suite(.syncDatabase) struct StatusRouteTests {
  private static let token = "0123456789abcdef0123"

  /// A page on the test's database, without a Kafka.
  private func withPage(
    token: String? = nil, _ body: (String) async throws -> Void
  ) async throws {
    let given = ["DATABASE_URL": try SyncDatabase.current.url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"]
    let settings = try Settings.load(environment: given)
    let metrics = Metrics.ofProcess()
    let health = HealthState()
    let log = Log(level: .error)
    let kafka = try KafkaConnection.settings(settings, environment: [:])
    let reader = StatusReader(settings, kafka: kafka, definitions: Definitions(), log: log)
    let secret = token.map { Secret($0) }
    let site = StatusSite(
      reader: reader,
      facts: { ProcessFacts(name: "w", metrics: metrics, health: health, mayAct: secret != nil) }, token: secret,
      log: log)
    let status = StatusServer(host: "127.0.0.1", port: 0, metrics: metrics, health: health, log: log, site: site)
    let server = try HTTPServer(limits: StatusServer.limits) { await status.answer($0) }
    do {
      try await body("http://127.0.0.1:\(server.port)")
    } catch {
      await server.stop()
      await reader.close()
      throw error
    }
    await server.stop()
    await reader.close()
  }

  private func get(_ url: String) async throws -> (status: Int, text: String, headers: HTTPHeaders) {
    let answer = try await HTTPClient().send(HTTPRequest("GET", url))
    return (answer.status, String(decoding: answer.body, as: UTF8.self), answer.headers)
  }

  private func post(_ url: String, _ form: String, _ headers: HTTPHeaders = [:]) async throws -> HTTPResponse {
    var all: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
    for field in headers.fields { all[field.name] = field.value }
    return try await HTTPClient().send(HTTPRequest("POST", url, headers: all, body: Array(form.utf8)))
  }

  private func seedFailedJob() async throws {
    try await sql(
      """
      INSERT INTO sync_job (id, organization_id, kind, state, parameters, error_code, error_message, started_at, finished_at)
      VALUES ('\(jobA)', 'RIO', 'read_sync', 'failed', '{"source": "pems"}', 'AUTH', 'PEMS refuses <us>', now(), now())
      """)
  }

  @Test("Every page answers with its policy; what is not there is 404, another method 405")
  func pages() async throws {
    try await seedFailedJob()
    try await withPage { url in
      for path in ["/", "/organization?id=RIO", "/job?id=\(jobA)"] {
        let page = try await get(url + path)
        #expect(page.status == 200 && page.text.hasPrefix("<!DOCTYPE html>"), "\(path)")
        let policy = page.headers["Content-Security-Policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"))
        #expect(page.headers["X-Content-Type-Options"] == "nosniff" && page.headers["Cache-Control"] == "no-store")
      }
      let job = try await get("\(url)/job?id=\(jobA)")
      #expect(job.text.contains("failed with AUTH: PEMS refuses &lt;us&gt;") && !job.text.contains("/act?"))
      for path in ["/organization?id=NOBODY", "/job?id=\(noJob)", "/job?id=x", "/organization", "/nothing"] {
        let page = try await get(url + path)
        #expect(page.status == 404, "\(path)")
      }
      let nothing = try await get(url + "/nothing")
      #expect(nothing.text == "not here; try /, /metrics, /livez or /readyz\n")
      let put = try await HTTPClient().send(HTTPRequest("PUT", url + "/", body: []))
      #expect(put.status == 405 && put.headers["Allow"] == "GET, HEAD")
      let head = try await HTTPClient().send(HTTPRequest("HEAD", url + "/"))
      #expect(head.status == 200 && head.body.isEmpty)
    }
  }

  @Test("With more slow clients than places /livez and /readyz are answered all the same")
  func crowd() async throws {
    try await withPage { url in
      let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
      var slow: [Int32] = []
      defer { for client in slow { close(client) } }
      for _ in 0..<3 {
        for _ in 0..<StatusServer.limits.connections {
          slow.append(try Self.slowClient(port))
        }
        for (path, status) in [("/livez", 200), ("/readyz", 503)] {
          let answer = try await get(url + path)
          #expect(answer.status == status)
        }
      }
    }
  }

  /// A connection that has begun a request and does not go on.
  private static func slowClient(_ port: Int) throws -> Int32 {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw SystemFailure("cannot connect: \(systemMessage(errno))") }
    let request = Array("GET / HTTP/1.1\r\nHost: a\r\nX-".utf8)
    _ = send(client, request, request.count, Int32(MSG_NOSIGNAL))
    return client
  }

  @Test("Without a token nothing can be decided; with one only by who knows it, and the job's history says who")
  func decisions() async throws {
    try await seedFailedJob()
    let target = "/act?act=retry-job&job=\(jobA)"
    let form = "actor=Ann+%C3%85&reason=password+renewed&token="
    try await withPage { url in
      let shown = try await get(url + target)
      #expect(shown.status == 403 && shown.text.contains("SYNCLINE_STATUS_TOKEN"))
      let refused = try await post(url + target, form + StatusRouteTests.token)
      #expect(refused.status == 403)
    }
    try await withPage(token: StatusRouteTests.token) { url in
      let shown = try await get(url + target)
      #expect(shown.status == 200 && shown.text.contains("<form method=\"post\""))
      for wrong in ["", "x", String(StatusRouteTests.token.dropLast()), StatusRouteTests.token + "0"] {
        let answer = try await post(url + target, form + wrong)
        #expect(answer.status == 403, "\(wrong)")
      }
      let foreign: [HTTPHeaders] = [
        ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "http://evil.example"],
        ["Origin": "null"],
      ]
      for headers in foreign {
        let answer = try await post(url + target, form + StatusRouteTests.token, headers)
        #expect(answer.status == 403)
      }
      let nameless = try await post(url + target, "actor=&reason=x&token=" + StatusRouteTests.token)
      #expect(nameless.status == 400)
      let plain = try await post(url + target, form + StatusRouteTests.token, ["Content-Type": "text/plain"])
      #expect(plain.status == 400)
      let count = try await value("SELECT count(*) FROM sync_job")
      #expect(count == "1", "nothing of it had an effect")

      let done = try await post(url + target, form + StatusRouteTests.token, ["Origin": url])
      #expect(done.status == 303 && done.headers["Location"] == "/job?id=\(jobA)")
      let actor = try await value("SELECT requested_by FROM sync_job WHERE retry_of = '\(jobA)'")
      #expect(actor == "Ann Å")
      let again = try await post(url + target, form + StatusRouteTests.token)
      #expect(again.status == 409, "another read is open")
      let open = try await value("SELECT id FROM sync_job WHERE retry_of = '\(jobA)'") ?? ""
      let cancelled = try await post("\(url)/act?act=cancel-job&job=\(open)", form + StatusRouteTests.token)
      #expect(cancelled.status == 303)
      let history = try await value(
        "SELECT metadata ->> 'actor' FROM sync_event WHERE stream = 'job/\(open)' ORDER BY version DESC LIMIT 1")
      #expect(history == "Ann Å")
    }
  }

  @Test("Queues are paused and resumed, dead letters replayed and discarded, with who and why")
  func queuesAndLetters() async throws {
    try await sql(
      """
      INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, message_value, headers, code, cause)
      VALUES ('RIO', 'pems.read-sync.v1', 0, 1, 'x', '[]', 'INVALID_JSON', 'no JSON')
      """)
    let form = "actor=ann&reason=why&token=" + StatusRouteTests.token
    try await withPage(token: StatusRouteTests.token) { url in
      for (act, status) in [
        ("act=pause-queue&kind=read_sync", 303), ("act=pause-queue&kind=read_sync", 409),
        ("act=pause-queue&organization=NOBODY", 409), ("act=pause-queue&kind=nonsense", 404),
        ("act=replay-letter&letter=1", 303), ("act=replay-letter&letter=99", 409), ("act=discard-letter&letter=1", 303),
      ] {
        let answer = try await post("\(url)/act?\(act)", form)
        #expect(answer.status == status, "\(act)")
      }
      let page = try await get(url + "/")
      #expect(page.text.contains("is paused by ann: why"))
      let resumed = try await post("\(url)/act?act=resume-queue&kind=read_sync", form)
      #expect(resumed.status == 303)
      let letter = try await value("SELECT status || ' ' || decided_by || ' ' || reason FROM dead_letter")
      #expect(letter == "discarded ann why")
    }
  }

  @Test("While Postgres is away the page says so and still shows what it read before; probes answer at once")
  func outage() async throws {
    try await withPage { url in
      // A busy machine may need longer than a page may take; Kafka is away all the time.
      try await TestKit.until("the page shows what there is") {
        let page = try await get(url + "/")
        return page.text.contains("RIO2") && page.text.contains("Kafka can not be reached")
      }
      try await sql(
        "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()",
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'syncline-status'
        """)
      try await TestKit.until("the page tells of the outage") {
        let page = try await get(url + "/")
        return page.status == 200 && page.text.contains("does not answer") && page.text.contains("RIO2")
      }
      let probe = try await get(url + "/livez")
      #expect(probe.status == 200)
      let organization = try await get(url + "/organization?id=RIO2")
      #expect(organization.status == 200 && organization.text.contains("Not shown"))
    }
  }

  @Test("The last point of a trend is today's total, the first what was before; each change is in its place")
  func trend() async throws {
    try await sql(
      """
      INSERT INTO kpi_slot (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost, record_count,
        actualized_count) VALUES ('RIO', 'C', 'Rental', 'D', 0, 10, 100.10, 0, 3, 0), ('RIO', 'C', 'Rental', 'D', 1, 5, 50.05, 0, 2, 0)
      """,
      """
      INSERT INTO kpi_change (organization_id, category, source, dor, cause, cause_id, plan_cost, forecast_cost, actual_cost,
        record_count, actualized_count, changed_at)
      VALUES ('RIO', 'C', 'Rental', 'D', 'event', 'a', 10, 100.10, 0, 3, 0, now() - interval '4 hours'),
        ('RIO', 'C', 'Rental', 'D', 'event', 'b', 4, 40.05, 0, 1, 0, now() - interval '61 minutes'),
        ('RIO', 'C', 'Rental', 'D', 'event', 'c', 1, 10, 0, 1, 0, now()),
        ('RIO2', 'C', 'Rental', 'D', 'event', 'd', 7, 7, 7, 7, 7, now())
      """)
    let (points, other) = try await SyncDatabase.current.run { session in
      try session.reading {
        (
          try StatusReports.trend(session, organization: "RIO", days: 30, spans: 4),
          try StatusReports.trend(session, organization: "NOBODY", days: 30, spans: 4)
        )
      }
    }
    #expect(points.map(\.forecast) == ["0.00", "100.10", "100.10", "140.15", "150.15"])
    #expect(points.map(\.records) == [0, 3, 3, 4, 5])
    #expect(points.map(\.plan) == ["0.00", "10.00", "10.00", "14.00", "15.00"])
    #expect(Set(other.map(\.forecast)) == ["0.00"] && other.count == 5)
  }

  @Test("Many readers at once cost the database what one costs")
  func shared() async throws {
    let made = Locked(0)
    let recent = RecentValues<String, Int>(lifetime: .seconds(600), capacity: 2)
    let (open, gate) = AsyncStream.makeStream(of: Never.self)
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<20 {
        group.addTask {
          await recent.value("page") {
            for await _ in open {}
            return made.with {
              $0 += 1
              return $0
            }
          }
        }
      }
      gate.finish()
      for await value in group { #expect(value == 1) }
    }
    for key in ["a", "b", "c", "d"] { _ = await recent.value(key) { 0 } }
    let kept = await recent.value("page") { 9 }
    #expect(kept == 1, "kept, and no more than there is room for")
    await recent.forget()
    let anew = await recent.value("page") { 9 }
    #expect(anew == 9)
  }
}
