import HTTP
import PEMS
import SyncDomain
import Testing

private let id = RecordGenerator(seed: 1, organization: "RIO").pfaId(index: 0)

private func target(_ pems: SimulatedPEMS, _ change: (inout SourceDefinition) -> Void = { _ in }) -> ScreenTarget {
  var definition = gridDefinition(pems)
  change(&definition)
  return ScreenTarget(definition, http: HTTPClient(), budget: LocalBudget(rate: 1_000))
}

private func patch(_ recordId: Int64?, _ changes: FieldValues, pfaId: String = id) -> RecordPatch {
  RecordPatch(organization: "RIO", pfaId: pfaId, recordId: recordId, changes: changes)
}

private func values(_ json: String) -> FieldValues { FieldValues(json: Array(json.utf8)) ?? FieldValues() }

private func sent(_ pems: SimulatedPEMS) -> String { pems.writes.received.last.map { text($0) } ?? "" }

@Suite("Writes") struct WriteTests {
  @Test("W1 one record is read by id and organization, with its update counter, in both dialects")
  func read() async throws {
    for dialect in SourceDefinition.Dialect.allCases {
      try await withPEMS(records: 30) { pems in
        let found = try await target(pems) { $0.dialect = dialect }.read(organization: "RIO", pfaId: id)
        let row = try #require(pems.rows(organization: "RIO").first { $0.pfaId == id })
        #expect(found?.recordId == row.recordId)
        #expect(found?.record.contentHash == generated(1)[0].contentHash)
        #expect(try await target(pems).read(organization: "RIO", pfaId: "nobody") == nil)
        #expect(try await target(pems).read(organization: "RIO2", pfaId: id) == nil)
        let asked = try #require(pems.received.first.map { text($0) })
        #expect(asked.contains(#""OPERATOR":"=""#) && !asked.contains("BEGINS"))
      }
    }
  }

  @Test("W1, W5, M9-15 a change carries the fields that changed and the counter; PEMS counts on")
  func write() async throws {
    try await withPEMS(records: 3) { pems in
      let target = target(pems)
      let before = try #require(try await target.read(organization: "RIO", pfaId: id))
      try await target.write(
        patch(
          before.recordId,
          values(#"{"forecastStart":"2031-01-02","monthlyRate":12.50,"isFundsTransferable":true,"model":null}"#)))
      let after = try #require(try await target.read(organization: "RIO", pfaId: id))
      let data = try JSONValue(parsing: after.record.data)
      #expect(data["forecastStart"]?.string == "2031-01-02" && text(data["monthlyRate"]?.canonical() ?? []) == "12.5")
      #expect(data["model"]?.isNull == true)
      #expect(after.recordId == before.recordId.map { $0 + 1 })
      #expect(after.record.order.map { $0.block } != before.record.order.map { $0.block })
      #expect(sent(pems).contains(#""NUMOFDEC":1"#) && !sent(pems).contains("TIMEZONE"))
    }
  }

  @Test("W3 a counter that is no longer right changes nothing and is told apart")
  func stale() async throws {
    try await withPEMS(records: 3) { pems in
      let target = target(pems)
      let before = try #require(try await target.read(organization: "RIO", pfaId: id))
      pems.update(organization: "RIO", pfaId: id)
      let change = values(#"{"dor":"SITE"}"#)
      let error = await failure { try await target.write(patch(before.recordId, change)) }
      #expect(error?.code == "STALE_RECORD" && error?.isTransient == false)
      #expect(pems.writes.taken == 0)
    }
  }

  @Test(
    "W6 what may pass and what does not",
    arguments: [
      (SimulatedFault.Kind.status(400), "UPSTREAM_REFUSED", false), (.status(401), "AUTH", false),
      (.status(403), "AUTH", false), (.status(404), "SOURCE_NOT_FOUND", false), (.status(409), "STALE_RECORD", false),
      (.status(429, retryAfter: "7"), "UPSTREAM_RATE_LIMITED", true), (.status(500), "UPSTREAM_UNAVAILABLE", true),
      (.errorAlert("The class is not valid"), "UPSTREAM_ERROR_ALERT", false),
      (.errorAlert("Deadlock, try again"), "UPSTREAM_ERROR_ALERT", true),
      (.confirmation("Really?"), "CONFIRMATION_REQUIRED", false), (.hangUp, "UPSTREAM_UNAVAILABLE", true),
      (.truncate, "UPSTREAM_INVALID_ANSWER", true),
    ] as [(SimulatedFault.Kind, String, Bool)])
  func outcomes(kind: SimulatedFault.Kind, code: String, isTransient: Bool) async throws {
    try await withPEMS(records: 3) { pems in
      pems.fail(.ofWrites(kind))
      let target = target(pems)
      let error = await failure { try await target.write(patch(nil, values(#"{"dor":"SITE"}"#))) }
      #expect(error?.code == code && error?.isTransient == isTransient)
      #expect(pems.writes.requests == 1)
      if code == "UPSTREAM_RATE_LIMITED" { #expect(error?.retryAfter == .seconds(7)) }
    }
  }

  @Test(
    "R12, W6: an alert counts wherever in the envelope it stands, and in whatever shape; nothing was changed",
    arguments: [
      #"{"ErrorAlert":%}"#, #"{"Result":{"ErrorAlert":%,"ResultData":{}}}"#,
      #"{"ErrorAlert":[],"Result":{"ResultData":{},"ErrorAlert":%}}"#, #"{"Result":{"ResultData":{"ErrorAlert":%}}}"#,
      #"{"Result":{"ResultData":{"UserDefinedScreenService":{"recordid":7,"ErrorAlert":%}}}}"#,
      #"{"Result":{"ResultData":[{"recordid":7},{"ErrorAlert":%}]}}"#,
    ],
    [#"[{"Message":"no"}]"#, #"{"Message":"no"}"#, #"["no"]"#, #""no""#, #"[{}, {"Code":7}]"#, #"["no\u0000"]"#])
  func nestedAlerts(envelope: String, alert: String) async throws {
    try await withPEMS(records: 3) { pems in
      let error = envelope.replacing("%", with: alert)
      let question = envelope.replacing(#""ErrorAlert":%"#, with: #""ConfirmationAlert":\#(alert)"#)
      let target = target(pems)
      for (answer, code) in [(error, "UPSTREAM_ERROR_ALERT"), (question, "CONFIRMATION_REQUIRED")] {
        pems.fail(.ofWrites(.answer(answer)))
        let refused = await failure { try await target.write(patch(nil, values(#"{"dor":"SITE"}"#))) }
        #expect(refused?.code == code && refused?.isTransient == false)
        pems.fail(SimulatedFault(.answer(answer)))
        let unread = await failure { _ = try await target.read(organization: "RIO", pfaId: id) }
        #expect(unread?.code == code)
      }
      #expect(pems.writes.taken == 0)
    }
  }

  @Test(
    "R12: an envelope without an alert is a good answer, also when a record's own field is called like one",
    arguments: [
      "", "{}",
      #"{"ErrorAlert":null,"ConfirmationAlert":{},"Result":{"ErrorAlert":"","ResultData":{"ErrorAlert":[]}}}"#,
      #"{"Result":{"ResultData":{"USERDEFINEDSCREENFIELDVALUELIST":{"ErrorAlert":"a text"}}}}"#,
      #"{"Result":{"ResultData":{},"InfoAlert":[{"Message":"saved"}],"WarningAlert":["late"]}}"#,
    ])
  func goodAnswers(answer: String) async throws {
    try await withPEMS(records: 3) { pems in
      pems.fail(.ofWrites(.answer(answer)))
      #expect(await failure { try await target(pems).write(patch(nil, values(#"{"dor":"SITE"}"#))) } == nil)
    }
  }

  @Test(
    "an answer that is no object leaves open what became of the change", arguments: ["[]", "17", #""yes""#, "<html/>"])
  func noEnvelope(answer: String) async throws {
    try await withPEMS(records: 3) { pems in
      pems.fail(.ofWrites(.answer(answer)))
      let error = await failure { try await target(pems).write(patch(nil, values(#"{"dor":"SITE"}"#))) }
      #expect(error?.code == "UPSTREAM_INVALID_ANSWER" && error?.isTransient == true)
    }
  }

  @Test("the screen's name, path and field names are the definition's; what it does not name can not be written")
  func mapped() async throws {
    try await withPEMS(records: 3) { pems in
      let target = target(pems) { definition in
        definition.write.screen = "CUPFA2"
        definition.write.fields = ["PFS_F_DOR": "dor"]
      }
      try await target.write(patch(nil, values(#"{"dor":"SITE"}"#)))
      #expect(sent(pems).contains(#""USERDEFINEDSCREENNAME":"CUPFA2""#))
      let error = await failure { try await target.write(patch(nil, values(#"{"model":"x"}"#))) }
      #expect(error?.code == "WRITE_NOT_MAPPED")
      #expect(pems.writes.requests == 1)
    }
  }

  @Test("W12 the credentials go out, and are in no error")
  func credentials() async throws {
    try await withPEMS(records: 3) { pems in
      pems.fail(.ofWrites(.confirmation("Login geheim?")))
      let target = target(pems) { $0.auth = .basic(user: "user", password: Secret("geheim")) }
      let error = await failure { try await target.write(patch(nil, values(#"{"dor":"SITE"}"#))) }
      #expect(error?.message.contains("***") == true && "\(error as Any)".contains("geheim") == false)
    }
  }

  @Test("a misbehaviour of changes is ordered by HTTP too")
  func command() async throws {
    try await withPEMS(records: 3) { pems in
      let order = #"{"fault": {"write": true, "kind": "confirmation", "message": "Sure?", "pfaId": "\#(id)"}}"#
      let answer = try await HTTPClient().send(HTTPRequest("POST", pems.url + "/simulate", body: Array(order.utf8)))
      #expect(answer.status == 200)
      let target = target(pems)
      let error = await failure { try await target.write(patch(nil, values(#"{"dor":"SITE"}"#))) }
      #expect(error?.code == "CONFIRMATION_REQUIRED")
      let body = #"{"fault": {"write": true, "kind": "answer", "body": {"Result": {"ErrorAlert": "No"}}}}"#
      _ = try await HTTPClient().send(HTTPRequest("POST", pems.url + "/simulate", body: Array(body.utf8)))
      let alert = await failure { try await target.write(patch(nil, values(#"{"dor":"SITE"}"#))) }
      #expect(alert?.code == "UPSTREAM_ERROR_ALERT")
      try await target.write(patch(nil, values(#"{"dor":"SITE"}"#)))
      #expect(pems.writes.taken == 1)
    }
  }
}
