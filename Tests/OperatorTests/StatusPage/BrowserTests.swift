import HTTP
import Runtime
import SyncDomain
import TestKit
import Testing

@testable import Operator

/// The status page of a real worker in a real browser.
@Suite struct BrowserTests {
  private static let token = "a token of thirty-two characters"

  @Test("The status page in Chromium: every page, narrow and wide, light and dark, and a decision by its form")
  func pages() async throws {
    let options = WorkerWorld.Options.of {
      $0.records = 400
      $0.pageSize = 100
    }
    try await WorkerWorld.with(options) { world in
      let worker = try world.spawnWorker(["SYNCLINE_STATUS_TOKEN=\(BrowserTests.token)"])
      let address = try await worker.address()
      let first = try await world.sync(.full)
      #expect(first.state == "succeeded")
      let waiting = try await BrowserTests.disturb(world)
      let browser = try Chromium()
      do {
        try await BrowserTests.look(browser, address, job: first.id)
        try await BrowserTests.decide(browser, address, waiting, world)
      } catch {
        await browser.close()
        throw error
      }
      await browser.close()
    }
  }

  /// One of everything that waits for somebody, with hostile texts in it. Returns the job that waits for approval.
  private static func disturb(_ world: WorkerWorld) async throws -> String {
    for text in ["no JSON <script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>"] {
      _ = try await world.producer.send(topic: world.topics.readSync, key: nil, value: Array(text.utf8))
    }
    try await TestKit.until("both are dead letters") { try await world.count("dead_letter") == 2 }
    let paused = try await world.syncline("queue pause kpi_rebuild --reason '<b>night</b> & \"day\"' --yes")
    #expect(paused.code == 0, "\(paused.messages)")
    let rows = world.pems.rows(organization: "RIO")
    for row in rows.prefix(rows.count / 2) { world.pems.remove(organization: "RIO", pfaId: row.pfaId) }
    let job = try await world.sync(.full)
    #expect(job.state == "awaiting_approval")
    return job.id
  }

  private static func look(_ browser: Chromium, _ address: String, job: String) async throws {
    let tab = try await browser.tab()
    let pages = [
      ("overview", "/"), ("organization", "/organization?id=RIO"), ("job", "/job?id=\(job)"),
      ("decision", "/act?act=retry-job&job=\(job)"), ("nothing", "/organization?id=NOBODY"),
    ]
    for (name, path) in pages {
      try await tab.go(address + path)
      for width in [400, 800, 1600] {
        for isDark in [false, true] {
          let label = "\(name)-\(width)-\(isDark ? "dark" : "light")"
          try await tab.look(width: width, isDark: isDark)
          try await PageChecks.fits(tab, label)
          try await PageChecks.contrasts(tab, label)
          try await tab.picture(label)
        }
      }
      try await PageChecks.isAccessible(tab, name)
    }
    // The answer 404 of a page that is none is the only thing that the browser may find worth a line.
    #expect(tab.complaints.filter { !$0.contains("404") } == [])
    #expect(tab.requests.allSatisfy { $0.hasPrefix(address + "/") })

    try await tab.go(address + "/organization?id=RIO")
    let drawn = try await tab.value("document.querySelectorAll('.plot path').length")
    #expect(drawn == "4", "a grid and three lines")
    try await tab.go(address + "/")
    try await tab.press("Tab")
    let skip = try await tab.value("document.activeElement.className")
    #expect(skip == #""skip""#, "the keyboard comes to the content first")
    let scripts = try await tab.value("document.querySelectorAll('script, img, b').length")
    #expect(scripts == "0", "what came from outside is text")
  }

  private static func decide(_ browser: Chromium, _ address: String, _ job: String, _ world: WorkerWorld) async throws {
    let tab = try await browser.tab()
    try await tab.go("\(address)/act?act=approve-job&job=\(job)")
    _ = try await tab.value(
      """
      document.querySelector('[name=actor]').value = 'Ann Ång';
      document.querySelector('[name=reason]').value = 'plant closed';
      document.querySelector('[name=token]').value = '\(token)';
      document.querySelector('form button').click()
      """)
    try await world.waitForJob(job, in: ["succeeded"])
    try await TestKit.until("the browser is led to the job") {
      try await tab.value("location.pathname") == #""/job""#
    }
    #expect(tab.complaints == [])
    let actors = try await world.lines(
      "SELECT metadata ->> 'actor' FROM sync_event WHERE stream = 'job/\(job)' AND metadata ->> 'reason' = 'plant closed'"
    )
    #expect(actors == ["Ann Ång"])
  }
}
