import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// A read of PEMS meets records with edits that PEMS has not confirmed (domain section 2).
@Suite("Merge of reads and edits", .syncDatabase) struct MergeTests {
  /// A record `a` of PEMS with an edit of its rate, at version 2.
  private func edited(_ session: PGSession, _ delta: String = #"{"monthlyRate": 16000}"#) throws {
    try session.permit("ann", "write")
    try apply(session, [Sample("a")])
    #expect(try session.edit("a", delta, at: 1).success)
  }

  /// Reads one record and gives what was counted, without zeros.
  private func read(_ session: PGSession, _ block: Int64, _ change: (inout Sample) -> Void = { _ in }) throws
    -> [String]
  {
    let outcome = try apply(session, [Sample("a", block, change)])
    try expectExact(session)
    return outcome.byName.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
  }

  private func row(_ session: PGSession) throws -> [String] {
    try session.table(
      "SELECT version, monthly_rate, dor, is_discontinued, coalesce(pending_base::text, '-') FROM pfa_mirror")[0]
  }

  @Test("PEMS has said nothing new: the edit stays, the record is unchanged and keeps its version (R4)")
  func unchanged() async throws {
    try await onDatabase { session in
      try edited(session)
      let before = try row(session)
      #expect(before == ["2", "16000.00", "BEO", "f", #"{"monthlyRate": 15000}"#])
      #expect(try read(session, 1) == ["unchanged 1"])
      #expect(try read(session, 2) == ["unchanged 1"])
      #expect(try read(session, 1) { $0.rate = "1" } == ["stale 1"])
      #expect(try row(session) == before)
    }
  }

  @Test("A flag that a record does not give says no: PEMS' no is no change of it, for reads, commits and pushes alike")
  func flags() async throws {
    try await onDatabase { session in
      try edited(session, #"{"isFundsTransferable": true}"#)
      _ = try session.asApp("RIO", user: "ann", session: "s") {
        try session.query("SELECT create_draft(id, 'ann', 's', '{\"isFundsTransferable\": false}', 2) FROM pfa_mirror")
      }
      let no: (inout Sample) -> Void = { $0.more = [.init("isFundsTransferable", .bool(false))] }
      #expect(try read(session, 2, no) == ["updated 1"])
      let pending = #"{"isFundsTransferable": false}"#
      #expect(try row(session) == ["3", "15000.00", "BEO", "f", pending])
      #expect(try session.list("SELECT remote_fields::text FROM pfa_modification WHERE sync_state = 'draft'") == ["{}"])
      #expect(try session.count("SELECT count(*)::int FROM pfa_sync_conflict") == 0)
      try session.execute("UPDATE pfa_modification SET next_attempt_at = now() WHERE sync_state = 'committed'")
      let claim = try #require(try session.asSystem { try PushStore.claim(session, limit: 1) }.first)
      let edit = try PushStore.load(session, claim).edit
      let upstream = FieldValues().statingFlags(isWhole: true)
      #expect(PushPlan(edit, upstream: upstream) == .push(edit.ours(["isFundsTransferable"])))
    }
  }

  @Test("PEMS changes other fields: they follow, the edit stays, the record is updated")
  func otherFields() async throws {
    try await onDatabase { session in
      try edited(session)
      let change: (inout Sample) -> Void = { sample in
        sample.dor = "PROJECT"
        sample.more = [.init("weather", .string("sun"))]
      }
      #expect(try read(session, 2, change) == ["updated 1"])
      #expect(try row(session) == ["3", "16000.00", "PROJECT", "f", #"{"monthlyRate": 15000}"#])
      #expect(try session.value("SELECT data ->> 'weather' FROM pfa_mirror") == "sun")
      #expect(try session.edit("a", #"{"model": "M"}"#, at: 2).conflict, "the user has not seen that")
      #expect(try read(session, 3) { $0.dor = nil } == ["updated 1"])
      #expect(try row(session).dropFirst(2).first == "∅")
    }
  }

  @Test("PEMS comes to the edit's value: confirmed, no conflict, and from then on the field follows PEMS (W9)")
  func confirmed() async throws {
    try await onDatabase { session in
      try edited(session, #"{"monthlyRate": 16000, "dor": "PROJECT"}"#)
      #expect(try read(session, 2) { $0.rate = "16000.00" } == ["updated 1"])
      #expect(try row(session)[4] == #"{"dor": "BEO"}"#)
      #expect(try read(session, 3) { ($0.rate, $0.dor) = ("16000", "PROJECT") } == ["updated 1"])
      #expect(try row(session).dropFirst() == ["16000.00", "PROJECT", "f", "-"])
      #expect(try read(session, 4) { ($0.rate, $0.dor) = ("17000", nil) } == ["updated 1"])
      #expect(try row(session).dropFirst() == ["17000.00", "∅", "f", "-"])
    }
  }

  @Test("M9-9 PEMS changes the edited field too: counted as a conflict, the edit stays, PEMS' value is remembered")
  func overlap() async throws {
    try await onDatabase { session in
      try edited(session)
      #expect(try read(session, 2) { ($0.rate, $0.dor) = ("17000", "PROJECT") } == ["conflicted 1"])
      #expect(try row(session) == ["3", "16000.00", "PROJECT", "f", #"{"monthlyRate": 17000}"#])
      #expect(try read(session, 3) { ($0.rate, $0.dor) = ("17000", "PROJECT") } == ["unchanged 1"])
      #expect(try read(session, 4) { $0.rate = "17000" } == ["updated 1"], "nothing new about the field")
      #expect(try read(session, 5) { $0.rate = nil } == ["conflicted 1"])
      #expect(try row(session) == ["5", "16000.00", "BEO", "f", #"{"monthlyRate": null}"#])
      #expect(try read(session, 6) { $0.rate = "16000" } == ["updated 1"])
      #expect(try row(session).last == "-")
      #expect(try session.value("SELECT conflicted FROM pfa_sync_log") == "2")
    }
  }

  @Test("An edit of several fields is merged field by field: one kept, one confirmed, one in conflict, one cleared")
  func severalFields() async throws {
    try await onDatabase { session in
      try edited(session, #"{"monthlyRate": 16000, "dor": "PROJECT", "category": "Pumps", "forecastEnd": null}"#)
      #expect(try read(session, 2) { ($0.dor, $0.category) = ("PROJECT", "Lifts") } == ["conflicted 1"])
      #expect(
        try session.table("SELECT monthly_rate, dor, category, forecast_end FROM pfa_mirror")
          == [["16000.00", "PROJECT", "Pumps", "∅"]])
      #expect(
        try row(session).last == #"{"category": "Lifts", "forecastEnd": "2025-07-31", "monthlyRate": 15000}"#)
    }
  }

  @Test("PEMS discontinues a record with an edit: it leaves the totals, and comes back with the edit (R8)")
  func discontinued() async throws {
    try await onDatabase { session in
      try edited(session)
      #expect(try read(session, 2) { $0.isDiscontinued = true } == ["discontinued 1"])
      #expect(try Totals.kept(session) == [:])
      #expect(try row(session) == ["3", "16000.00", "BEO", "t", #"{"monthlyRate": 15000}"#])
      #expect(try read(session, 3) == ["updated 1"])
      #expect(try row(session) == ["4", "16000.00", "BEO", "f", #"{"monthlyRate": 15000}"#])
    }
  }

  @Test("A record that a user discontinued stays so until PEMS agrees; then PEMS may bring it back (R8)")
  func discontinuedByUser() async throws {
    try await onDatabase { session in
      try edited(session, #"{"isDiscontinued": true}"#)
      #expect(try Totals.kept(session) == [:])
      #expect(try read(session, 2) { $0.dor = "PROJECT" } == ["updated 1"])
      #expect(try row(session) == ["3", "15000.00", "PROJECT", "t", #"{"isDiscontinued": false}"#])
      #expect(try read(session, 3) { $0.isDiscontinued = true } == ["updated 1"])
      #expect(try row(session).suffix(2) == ["t", "-"])
      #expect(try read(session, 4) == ["updated 1"])
      #expect(try row(session).suffix(2) == ["f", "-"])
      #expect(try Totals.kept(session).count == 1)
    }
  }

  @Test("The orphan sweep discontinues a record with an edit; the record that is there again has the edit (R7, R8)")
  func swept() async throws {
    try await onDatabase { session in
      try edited(session)
      try apply(session, [Sample("b")])
      #expect(try session.edit("b", #"{"isDiscontinued": true}"#, at: 1).success)
      let run = try ReadRun(session)
      let ending = ReadRunStore.Ending.success(source: "pems", watermark: nil, sweep: true, note: nil)
      #expect(try ReadRunStore.finish(session, run.claim, ending, slot: 0) == 1, "b is discontinued already")
      try expectExact(session)
      try session.execute("SET session_replication_role = replica")
      try session.execute("DELETE FROM pfa_mirror WHERE pfa_id = 'b'")
      try session.execute("RESET session_replication_role")
      #expect(try row(session) == ["3", "16000.00", "BEO", "t", #"{"monthlyRate": 15000}"#])
      // To discontinue what is discontinued is no edit: else the record could not come back.
      #expect(try session.edit("a", #"{"isDiscontinued": true, "dor": "X"}"#, at: 3).newVersion == 4)
      var later = try ReadRun(session)
      try later.allocate(session, [1])
      #expect(try apply(session, [Sample("a", 1)], page: later.page(1)).updated == 1)
      #expect(try row(session) == ["5", "16000.00", "X", "f", #"{"dor": "BEO", "monthlyRate": 15000}"#])
      #expect(try read(session, 1) == ["unchanged 1"])
    }
  }

  @Test(
    "An edit and a read of the same record at once: whoever is second sees the other, and both count (M9-9)",
    arguments: [true, false])
  func atOnce(editFirst: Bool) async throws {
    let database = try SyncDatabase.current
    let (first, second) = (try await database.connect("first"), try await database.connect("second"))
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
    }
    let origin = ApplyStore.Origin(slot: 0, stream: stream)
    let change = batch([Sample("a", 2) { $0.dor = "PROJECT" }])
    let delta = #"{"monthlyRate": 16000}"#
    let gate = try await Gate()
    let holding = Task {
      try await first.run { session in
        if editFirst {
          try session.asApp("ann") {
            try session.editNow("a", delta, at: 1)
            try session.waitAtGate()
          }
        } else {
          try session.asWorker("RIO") {
            _ = try ApplyStore.apply(session, change, origin)
            try session.waitAtGate()
          }
        }
      }
    }
    try await gate.reached()
    let process = try await second.run { $0.backendPID }
    let waiting = Task {
      try await second.run { session in
        if editFirst {
          try session.asWorker("RIO") { try ApplyStore.apply(session, change, origin).updated == 1 }
        } else {
          try session.edit("a", delta, at: 1).conflict
        }
      }
    }
    try await gate.blocked(process)
    try await gate.open()
    try await holding.value
    #expect(try await waiting.value)
    try await onDatabase { session in
      #expect(
        try row(session)
          == (editFirst
            ? ["3", "16000.00", "PROJECT", "f", #"{"monthlyRate": 15000}"#] : ["2", "15000.00", "PROJECT", "f", "-"]))
      try expectExact(session)
    }
  }

  @Test("pfa_merge_read follows domain.md's three rules, for any JSON")
  func model() async throws {
    var random = seeded("merge model")
    let cases = (0..<2000).map { _ in MergeCase(&random) }
    try await onDatabase { session in
      let found = try session.query(
        """
        SELECT (merged).data, (merged).pending_base, (merged).conflicts
        FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS t (incoming, effective, pending, number),
          LATERAL (SELECT pfa_merge_read(incoming::jsonb, effective::jsonb, pending::jsonb) AS merged) m
        ORDER BY number
        """,
        [
          .array(.text(cases.map { $0.json($0.incoming) })), .array(.text(cases.map { $0.json($0.effective) })),
          .array(.text(cases.map { $0.json($0.pending) })),
        ])
      #expect(found.rowCount == cases.count)
      for (number, row) in found.rows.enumerated() {
        let wanted = cases[number].merged
        let data = Fields(try JSONValue(parsing: row.bytes("data") ?? []))
        let conflicts = try row.textArray("conflicts") ?? []
        #expect(data == Fields(wanted.data) && Set(conflicts) == Set(wanted.conflicts), "\(cases[number])")
        #expect(conflicts.count == wanted.conflicts.count)
        guard let pending = try row.bytes("pending_base") else {
          #expect(wanted.pending.isEmpty, "\(cases[number])")
          continue
        }
        #expect(
          try members(JSONValue(parsing: pending)) == wanted.pending && !wanted.pending.isEmpty, "\(cases[number])")
      }
    }
  }

  /// As `Fields`, but what is null counts: PEMS has no value for an edited field.
  private func members(_ value: JSONValue) -> [String: String] {
    guard case .object(let members) = value else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: members.map { ($0.key, String(decoding: $0.value.canonical(), as: UTF8.self)) })
  }
}

/// Three random objects, and domain section 2's rules about them in plain words.
private struct MergeCase {
  private(set) var incoming: [String: String] = [:]
  private(set) var effective: [String: String] = [:]
  /// PEMS' value of an edited field is never the effective one.
  private(set) var pending: [String: String] = [:]

  init(_ random: inout SplitMix64) {
    let values = [
      "null", "true", "false", "0", "1.5", "1.50", #""""#, #""x""#, #""1.5""#, "[1]", #"{"a":[null]}"#, #"{"a":1}"#,
    ]
    for field in ["dor", "monthlyRate", "ü \\\"", "x"] {
      if random.below(4) > 0 { incoming[field] = values[random.below(values.count)] }
      if random.below(4) > 0 { effective[field] = values[random.below(values.count)] }
      let base = values[random.below(values.count)]
      if random.below(2) == 0, canonical(base) != canonical(effective[field]) { pending[field] = base }
    }
  }

  /// Canonical texts, so that 1.5 is 1.50.
  private func canonical(_ text: String?) -> String {
    guard let text, let value = try? JSONValue(parsing: Array(text.utf8)) else { return "null" }
    return String(decoding: value.canonical(), as: UTF8.self)
  }

  func json(_ object: [String: String]) -> String {
    "{" + object.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }

  var merged: (data: [String: String], pending: [String: String], conflicts: [String]) {
    // The keys of `json` are escaped texts.
    func named(_ key: String) -> String { key.replacing("\\\"", with: "\"") }
    var result: (data: [String: String], pending: [String: String], conflicts: [String]) = ([:], [:], [])
    for (field, value) in incoming where canonical(value) != "null" { result.data[named(field)] = canonical(value) }
    for (field, base) in pending {
      let (theirs, ours) = (canonical(incoming[field]), canonical(effective[field]))
      if theirs == ours { continue }
      result.data[named(field)] = ours == "null" ? nil : ours
      result.pending[named(field)] = theirs
      if theirs != canonical(base) { result.conflicts.append(named(field)) }
    }
    return result
  }
}
