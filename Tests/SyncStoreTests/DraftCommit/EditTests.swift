import Postgres
import SyncDomain
import TestKit
import Testing

/// One user, one record: what an edit answers and what it writes.
@Suite("Edit", .syncDatabase) struct EditTests {
  @Test("S0-08 update_mirror_with_lock has the contract's parameters and columns")
  func signature() async throws {
    let found = try await onDatabase { session in
      try session.list(
        "SELECT pg_get_function_arguments(oid) || ' → ' || pg_get_function_result(oid) FROM pg_proc WHERE proname = $1",
        [.text("update_mirror_with_lock")])
    }
    #expect(
      found == [
        """
        p_mirror_id uuid, p_delta jsonb, p_current_version integer → TABLE(success boolean, new_version integer, \
        conflict_detected boolean, current_content jsonb, current_version integer)
        """
      ])
  }

  @Test(
    "S0-32 A's edit makes version 2; B's at version 1 is a conflict with content, and writes nothing (S0-08, S0-10)")
  func concurrentEdit() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "admin")
      try apply(session, [Sample("a"), Sample("b")])
      let first = try session.edit("a", #"{"monthlyRate": 16000}"#, at: 1)
      let content = try session.content("a")
      #expect(first == .success(2, content))
      #expect(try session.value("SELECT monthly_rate FROM pfa_mirror WHERE pfa_id = 'a'") == "16000.00")
      #expect(try session.edit("a", #"{"dor": "PROJECT"}"#, at: 1, by: "bob") == .conflict(2, content))
      #expect(
        try session.edit("a", #"{"dor": "PROJECT"}"#, at: 3, by: "bob") == .conflict(2, content), "from the future")
      #expect(try session.content("a") == content && session.version("a") == 2)
      #expect(try session.version("b") == 1, "no other record")
      try expectExact(session)
    }
  }

  @Test("S0-23 B merges the content that the conflict brought, and saves at its version")
  func conflictFlow() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try session.permit("bob", "write")
      try apply(session, [Sample("a")])
      try session.edit("a", #"{"monthlyRate": 16000}"#, at: 1)
      let conflict = try session.edit("a", #"{"dor": "PROJECT"}"#, at: 1, by: "bob")
      let seen = try JSONValue(parsing: Array(try #require(conflict.content).utf8))
      #expect(seen["dor"]?.string == "BEO", "disjoint: the merge takes both")
      let merged = try session.edit("a", #"{"dor": "PROJECT"}"#, at: conflict.version, by: "bob")
      #expect(merged.newVersion == 3)
      #expect(
        try session.table("SELECT data ->> 'monthlyRate', data ->> 'dor' FROM pfa_mirror") == [["16000", "PROJECT"]])
      #expect(try session.pending("a") == #"{"dor": "BEO", "monthlyRate": 15000}"#)
      try expectExact(session)
    }
  }

  @Test("S0-10 A record that does not exist is neither success nor conflict")
  func notFound() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      #expect(try session.edit("a", #"{"dor": "X"}"#, at: 1) == .notFound)
      #expect(try session.edit("a", "{}", at: 1) == .notFound)
    }
  }

  @Test("S0-09 The version rises by one for each effective change, and for nothing else (S0-24)")
  func versions() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      let before = try session.table("SELECT xmin, * FROM pfa_mirror")
      // Nothing, what is there already, another spelling of it, null for a field that is missing.
      for delta in ["{}", #"{"dor": "BEO"}"#, #"{"monthlyRate": 15000.000}"#, #"{"manufacturer": null}"#] {
        #expect(try session.edit("a", delta, at: 1) == .success(1, try session.content("a")), "\(delta)")
        #expect(try session.edit("a", delta, at: 2).conflict, "\(delta)")
      }
      #expect(try session.table("SELECT xmin, * FROM pfa_mirror") == before)
      #expect(try session.count("SELECT count(*)::int FROM kpi_change WHERE cause = 'draft_commit'") == 0)
      for version in 1...5 as ClosedRange<Int64> {
        #expect(try session.edit("a", #"{"model": "M\#(version)"}"#, at: version).newVersion == version + 1)
      }
      #expect(try session.count("SELECT count(*)::int FROM kpi_change WHERE cause = 'draft_commit'") == 0, "no total")
      let changed = try session.edit("a", #"{"model": "M5", "category": "Pumps"}"#, at: 6)
      #expect(changed.newVersion == 7)
      #expect(try session.pending("a") == #"{"model": null, "category": "Cranes"}"#)
      #expect(try session.count("SELECT count(*)::int FROM pfa_mirror WHERE updated_at >= created_at") == 1)
      try expectExact(session)
    }
  }

  @Test("PEMS' value is remembered at a field's first edit, and forgotten when the field is edited back to it")
  func pendingBase() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a") { $0.dor = nil }])
      #expect(try session.pending("a") == nil)
      try session.edit("a", #"{"monthlyRate": 1, "dor": "X"}"#, at: 1)
      try session.edit("a", #"{"monthlyRate": 2}"#, at: 2)
      #expect(try session.pending("a") == #"{"dor": null, "monthlyRate": 15000}"#)
      try session.edit("a", #"{"monthlyRate": 15000.00}"#, at: 3)
      #expect(try session.pending("a") == #"{"dor": null}"#)
      try session.edit("a", #"{"dor": null}"#, at: 4)
      #expect(try session.pending("a") == nil)
      #expect(try session.version("a") == 5)
      try expectExact(session)
    }
  }

  /// Domain section 2.
  private static let editable = [
    "forecastStart": #""2025-03-01""#, "forecastEnd": #""2025-09-30""#, "monthlyRate": "12.5", "purchasePrice": "0",
    "dor": #""PROJECT""#, "category": #""Pumps""#, "class": #""Big""#, "source": #""Purchase""#,
    "manufacturer": #""Liebherr""#, "model": #""LTM""#, "isDiscontinued": "true", "isFundsTransferable": "true",
  ]

  @Test("Each field of the record is editable or raises SY004, as domain.md section 2 says")
  func editableFields() async throws {
    let fields = FieldTable.fields.map(\.key) + ["", "unknown", "Category", "_version", "pending_base"]
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, fields.map { Sample("of \($0)") { $0.price = "5" } })
      for field in fields {
        let record = "of \(field)"
        if let value = Self.editable[field] {
          #expect(try session.edit(record, #"{"\#(field)": \#(value)}"#, at: 1).newVersion == 2, "\(field)")
          let stored = "SELECT data -> $1 FROM pfa_mirror WHERE pfa_id = $2"
          #expect(try session.value(stored, [.text(field), .text(record)]) == value, "\(field)")
        } else {
          for value in ["null", #""x""#] {
            let error = try session.refusal(record, #"{"dor": "X", "\#(field)": \#(value)}"#, at: 1)
            #expect(error?.sqlstate == "SY004" && error?.message == "FIELD_NOT_EDITABLE: \(field)")
          }
          #expect(try session.version(record) == 1, "\(field)")
        }
      }
      #expect(Set(Self.editable.keys).subtracting(fields) == [])
      try expectExact(session)
    }
  }

  @Test("A user discontinues and does not reactivate: anything but true is SY004 (R8)")
  func reactivation() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      for version in 1...2 as ClosedRange<Int64> {
        for value in ["false", "null", "1", #""true""#] {
          let error = try session.refusal("a", #"{"isDiscontinued": \#(value)}"#, at: version)
          #expect(error?.sqlstate == "SY004", "\(value) at \(version)")
        }
        #expect(try session.edit("a", #"{"isDiscontinued": true}"#, at: version).newVersion == 2)
      }
      #expect(try Totals.kept(session) == [:])
      try expectExact(session)
    }
  }

  @Test("S0-31 An edit that is no object, or names no version, is refused")
  func invalidDelta() async throws {
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      for (delta, version) in [("[]", 1), (#""x""#, 1), ("1", 1), ("null", 1), (nil, 1), ("{}", nil)]
        as [(String?, Int64?)]
      {
        #expect(try session.refusal("a", delta, at: version)?.sqlstate == "22023", "\(delta ?? "∅")")
      }
      #expect(try session.version("a") == 1)
    }
  }

  @Test("A value that is not canonical is refused, never stored as nothing; null clears what may be missing (M9-6)")
  func values() async throws {
    let wrong = [
      "monthlyRate": [#""16000""#, "true", "1e18", "[1]"], "purchasePrice": [#""1,5""#, "{}"],
      "forecastStart": [#""2025-02-30""#, #""01-MAR-2025""#, #""""#, "1740787200000"], "forecastEnd": ["false"],
      "source": [#""Barter""#, #""rental""#, "1"], "isFundsTransferable": [#""Y""#, "1"], "dor": ["1"],
      "category": ["{}"],
      "class": ["true"], "manufacturer": ["[]"], "model": ["0"],
    ]
    try await onDatabase { session in
      try session.permit("ann", "write")
      try apply(session, [Sample("a")])
      for (field, values) in wrong {
        for value in values {
          let error = try session.refusal("a", #"{"dor": "X", "\#(field)": \#(value)}"#, at: 1)
          #expect(error?.sqlstate == "22023" && error?.message == "INVALID_VALUE: \(field)", "\(field) \(value)")
        }
      }
      #expect(try session.version("a") == 1)
      let clearing = Set(wrong.keys).subtracting(["category", "source", "monthlyRate"]).sorted().map {
        #""\#($0)": null"#
      }.joined(separator: ", ")
      #expect(try session.edit("a", "{\(clearing)}", at: 1).newVersion == 2)
      #expect(
        try session.table("SELECT monthly_rate, source, forecast_start, is_funds_transferable, dor FROM pfa_mirror")
          == [["15000.00", "Rental", "∅", "f", "∅"]])
      try expectExact(session)
    }
  }
}
