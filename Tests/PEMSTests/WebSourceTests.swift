import HTTP
import PEMS
import Runtime
import SyncDomain
import Testing

private func webSource(_ url: String, pageParameter: String? = nil) -> WebSource {
  var definition = SourceDefinition(name: "web", kind: .httpJSON)
  definition.url = url
  definition.pageParameter = pageParameter
  return WebSource(definition, http: HTTPClient())
}

/// Serves one body at `/`, with headers.
private func withBody(
  _ body: [UInt8], headers: HTTPHeaders = [:], _ test: (String) async throws -> Void
) async throws {
  let server = try HTTPServer { _ in HTTPReply(status: 200, headers: headers, body: .bytes(body)) }
  do {
    try await test("http://127.0.0.1:\(server.port)/")
  } catch {
    await server.stop()
    throw error
  }
  await server.stop()
}

@Suite("http-json") struct WebSourceTests {
  @Test("R1 every way of paging gives every record", arguments: ["object", "link", "ndjson", "array"])
  func forms(form: String) async throws {
    try await withPEMS(records: 25) { pems in
      let url = pems.url + "/records?organization={organization}&pageSize={pageSize}&form=\(form)"
      let whole = try await readAll(webSource(url, pageParameter: form == "array" ? "page" : nil))
      #expect(whole.records.map(\.contentHash) == generated(25).map(\.contentHash))
      #expect(whole.pages.count == (form == "array" ? 4 : 3))
      #expect(whole.pages.allSatisfy { $0.serverTime != nil })
    }
  }

  @Test("R2 R21 a cut page throws, and the read goes on from the cursor", arguments: ["object", "link", "ndjson"])
  func cut(form: String) async throws {
    try await withPEMS(records: 25) { pems in
      let source = webSource(pems.url + "/records?organization=RIO&pageSize=10&form=\(form)")
      let first = try await source.page(PageRequest(organization: "RIO", mode: .full))
      for kind in [SimulatedFault.Kind.truncate, .cut] {
        pems.fail(SimulatedFault(kind))
        let error = await failure { _ = try await readAll(source, from: first.next) }
        #expect(error?.isTransient == true)
      }
      let rest = try await readAll(source, from: first.next)
      #expect(rest.records.count == 15)
    }
  }

  @Test("R16 R19 bad records are rejected alone")
  func badRecords() async throws {
    let body = #"[{"pfaId":"A"},{"pfaId":"B","x":"\u0000"},7,{"pfaId":"C","organization":"RIO2"},{"pfaId":"D"}]"#
    try await withBody([0xEF, 0xBB, 0xBF] + Array(body.utf8)) { url in
      let whole = try await readAll(webSource(url))
      #expect(whole.records.map(\.pfaId) == ["A", "D"])
      #expect(whole.rejected.map(\.code) == ["NUL_CHARACTER", "INVALID_RECORD", "ORGANIZATION_MISMATCH"])
    }
  }

  @Test(
    "answers that are none are told apart from empty ones",
    arguments: [
      ("[]", nil), (#"{"records":[]}"#, nil), ("", nil), ("[{", "UPSTREAM_INVALID_ANSWER"),
      ("<html>\n</html>\n", "UPSTREAM_INVALID_ANSWER"),
      (#"{"ErrorAlert":[{"Message":"login failed"}]}"#, "AUTH"),
    ])
  func bodies(body: String, code: String?) async throws {
    try await withBody(Array(body.utf8)) { url in
      #expect(await failure { _ = try await readAll(webSource(url)) }?.code == code)
    }
  }

  @Test("a next page on another host is not followed")
  func otherHost() async throws {
    try await withBody(Array("[]".utf8), headers: ["Link": "<http://192.0.2.1/x>; rel=\"next\""]) { url in
      #expect(await failure { _ = try await readAll(webSource(url)) }?.code == "UPSTREAM_REFUSED")
    }
  }

  @Test("pages that are counted and are all the same are an error, not a read without an end")
  func samePage() async throws {
    try await withBody(Array(#"[{"pfaId":"A"},{"pfaId":"B"}]"#.utf8)) { url in
      let error = await failure { _ = try await readAll(webSource(url, pageParameter: "page")) }
      #expect(error?.code == "UPSTREAM_INVALID_ANSWER" && error?.isTransient == false)
      #expect(error?.hint?.contains("pageParameter") == true)
    }
  }

  @Test("a next page that is this page is an error, not a loop")
  func selfLink() async throws {
    try await withBody(Array(#"{"records":[],"next":"/"}"#.utf8)) { url in
      #expect(await failure { _ = try await readAll(webSource(url)) }?.code == "UPSTREAM_INVALID_ANSWER")
    }
  }

  @Test("R5 the watermark goes into the URL")
  func since() async throws {
    try await withPEMS(records: 1) { pems in
      let source = webSource(pems.url + "/records?organization=RIO&since={since}")
      _ = try await readAll(source, watermark: 1_735_689_600_000)
      #expect(text(pems.received[0]).hasSuffix("since=2025-01-01T00:00:00Z"))
    }
  }
}

@Suite("The simulation over HTTP") struct SimulationTests {
  @Test("it takes orders and does what it is told") func orders() async throws {
    try await withPEMS { pems in
      let client = HTTPClient()
      func order(_ json: String) async throws -> Int {
        try await client.send(HTTPRequest("POST", pems.url + "/simulate", body: Array(json.utf8))).status
      }
      let seeded = try await order(#"{"seed":{"organization":"X","records":12}}"#)
      #expect(seeded == 200)
      let id = RecordGenerator(seed: 1, organization: "X").pfaId(index: 3)
      let changed = try await order(
        """
        {"update":{"organization":"X","pfaId":"\(id)","data":{"model":"new"}},
         "poison":{"organization":"X","pfaId":"\(id)","kind":"nul"},
         "fault":{"kind":"status","status":503,"page":2}, "behaviour":{"newField":"extra"}}
        """)
      #expect(changed == 200)
      let source = gridSource(pems)
      let first = try await source.page(PageRequest(organization: "X", mode: .full, pageSize: 10))
      #expect(first.drift.count == 1)
      let error = await failure { _ = try await readAll(source, organization: "X", from: first.next) }
      #expect(error?.code == "UPSTREAM_UNAVAILABLE")
      let rest = try await readAll(source, organization: "X", from: first.next)
      #expect(rest.rejected.map(\.code) == ["NUL_CHARACTER"])
      for wrong in [
        "", "[]", #"{"what":1}"#, #"{"fault":{"kind":"x"}}"#, #"{"remove":{"organization":"X","pfaId":"-"}}"#,
      ] {
        let status = try await order(wrong)
        #expect(status == 400)
      }
    }
  }

  @Test("records can be changed, discontinued and removed") func changes() async throws {
    try await withPEMS(records: 3) { pems in
      let ids = generated(3).map(\.pfaId)
      pems.behave { $0.serverTime = 1_800_000_000_000 }
      #expect(pems.update(organization: "RIO", pfaId: ids[0], data: [.init("model", .string("M"))]))
      #expect(pems.discontinue(organization: "RIO", pfaId: ids[1]))
      #expect(pems.remove(organization: "RIO", pfaId: ids[2]))
      #expect(!pems.remove(organization: "RIO", pfaId: ids[2]))
      let whole = try await readAll(gridSource(pems))
      #expect(whole.records.map(\.pfaId) == [ids[0], ids[1]])
      #expect(whole.records[0].order == SourceOrder(block: 1_800_000_000_000, index: 1))
      #expect(text(whole.records[0].data).contains(#""model":"M""#))
      #expect(whole.records[1].discontinued)
    }
  }
}
