import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Appending to a stream: what the functions promise, the same for every strategy.
@Suite("Journal", .syncDatabase) struct JournalTests {
  @Test(
    "S4-01 The functions are deployed, for applications, with a fixed search_path (S4-22, S4-24, S4-25, S0-11)")
  func deployed() async throws {
    let found = try await onDatabase { (session) throws in
      #expect(
        try session.list("SELECT proname FROM pg_proc WHERE proname LIKE '%delayed\\_lock%' ORDER BY 1") == [
          "append_events_with_delayed_lock", "uses_delayed_lock",
        ])
      return try session.table(
        """
        SELECT proname, proconfig, has_function_privilege('syncline_app', oid, 'EXECUTE'),
          has_function_privilege('syncline_reader', oid, 'EXECUTE')
        FROM pg_proc WHERE prosecdef AND proname ~ '^append_events|^uses_delayed|^long_trans' ORDER BY proname
        """)
    }
    #expect(
      found.map { $0[0] } == [
        "append_events", "append_events_adaptive", "append_events_with_delayed_lock", "long_transactions",
        "uses_delayed_lock",
      ])
    #expect(found.allSatisfy { $0.dropFirst() == [#"{"search_path=public, pg_temp"}"#, "t", "f"] })
  }

  @Test("S4-23 A stream has each version once, whoever writes it")
  func unique() async throws {
    try await onDatabase { (session) throws in
      let insert = "INSERT INTO sync_event (organization_id, stream, version, type) VALUES"
      try session.execute("\(insert) ('RIO', 's', 0, 'a'), ('RIO2', 's', 0, 'a'), ('RIO', 't', 0, 'a')")
      #expect(try pgError { try session.execute("\(insert) ('RIO', 's', 0, 'b')") }.sqlstate == "23505")
      #expect(try pgError { try session.execute("\(insert) ('RIO', 's', -1, 'b')") }.sqlstate == "23514")
    }
  }

  @Test("S4-02 Events with type, data and metadata are appended; the answer is the last one's version (S4-05)")
  func simple() async throws {
    try await onDatabase { (session) throws in
      for strategy in AppendStrategy.allCases {
        let stream = "order-\(strategy)"
        let version = try session.asApp("ann") {
          try session.value(
            """
            SELECT append_events\(["advisory": "", "delayed": "_with_delayed_lock", "adaptive": "_adaptive"][strategy.rawValue] ?? "")(
              $1, '[{"type": "placed", "data": {"pumps": 2}, "metadata": {"actor": "ann"}}, {"type": "paid"}]', -1)
            """, [.text(stream)])
        }
        #expect(version == "1")
        #expect(try session.append(["sent"], to: stream, at: 1, strategy) == .appended(2))
        let events = try session.asApp("ann") {
          try JournalStore.read(session, organization: "RIO", stream: stream).rows.map {
            [try $0.string("version"), try $0.string("type"), try $0.string("data"), try $0.string("metadata")]
          }
        }
        #expect(
          events == [
            ["0", "placed", #"{"pumps": 2}"#, #"{"actor": "ann"}"#], ["1", "paid", "{}", "{}"],
            ["2", "sent", "{}", "{}"],
          ])
      }
    }
  }

  @Test("S4-03 Version -1 expects no stream, and null any version", arguments: AppendStrategy.allCases)
  func newStream(strategy: AppendStrategy) async throws {
    try await onDatabase { (session) throws in
      #expect(try session.append(to: "s", at: 0, strategy) == .conflict(actual: -1))
      #expect(try session.append(to: "s", at: -1, strategy) == .appended(0))
      #expect(try session.append(to: "s", at: -1, strategy) == .conflict(actual: 0))
      #expect(try session.append(to: "s", at: nil, strategy) == .appended(1))
      #expect(try session.append(to: "t", at: nil, strategy) == .appended(0))
      #expect(try session.append(to: "s", at: -1, strategy, of: "RIO2") == .appended(0), "another organization's s")
      let belowAll = try pgError { _ = try session.append(to: "s", at: -1, criteria: .bool(true), strategy) }
      #expect(belowAll.sqlstate == "22023")
    }
  }

  @Test(
    "S4-04 With criteria only later events that match are a conflict: by their data, or by what they were checked for",
    arguments: AppendStrategy.allCases)
  func criteria(strategy: AppendStrategy) async throws {
    let (pump, crane) = (JSONValue.member("item", "pump"), JSONValue.member("item", "crane"))
    try await onDatabase { (session) throws in
      #expect(try session.append(["a"], to: "s", at: -1, strategy, data: pump) == .appended(0))
      #expect(try session.append(["b"], to: "s", at: 0, strategy, data: crane) == .appended(1))
      // Without criteria the crane's event is in the way; with the pump's it is not.
      #expect(try session.append(["c"], to: "s", at: 0, strategy, data: pump) == .conflict(actual: 1))
      #expect(try session.append(["c"], to: "s", at: 0, criteria: pump, strategy, data: pump) == .appended(2))
      #expect(try session.append(["d"], to: "s", at: 1, criteria: pump, strategy) == .conflict(actual: 2))
      #expect(
        try session.append(["d"], to: "s", at: 1, criteria: .array([crane, pump]), strategy) == .conflict(actual: 2))
      #expect(try session.append(["d"], to: "s", at: 1, criteria: crane, strategy) == .appended(3))
      // d says nothing of the crane in its data, but was appended as something about it.
      #expect(try session.append(["e"], to: "s", at: 2, criteria: crane, strategy) == .conflict(actual: 3))
      #expect(try session.append(["e"], to: "s", at: 2, criteria: pump, strategy) == .appended(4))
      #expect(try session.append(["f"], to: "s", at: -1, criteria: pump, strategy) == .conflict(actual: 4))
      #expect(
        try session.append(["f"], to: "s", at: 9, criteria: .member("item", "saw"), strategy) == .conflict(actual: 4))
      #expect(try session.append(["f"], to: "s", at: -1, criteria: .member("item", "saw"), strategy) == .appended(5))
      #expect(try session.stream("s") == ["0 a", "1 b", "2 c", "3 d", "4 e", "5 f"])
    }
  }

  @Test(
    "S4-06 A wrong version is an error of its own SQLSTATE that names the actual one; what came before it stays (C-30)",
    arguments: [AppendStrategy.advisory, .delayed])
  func wrongVersion(strategy: AppendStrategy) async throws {
    try await onDatabase { (session) throws in
      let function = strategy == .delayed ? "append_events_with_delayed_lock" : "append_events"
      try session.asApp("ann") {
        try session.appendNow(to: "s", at: -1, strategy)
        let error = try pgError {
          try session.savepoint { _ = try session.query(#"SELECT \#(function)('s', '[{"type": "b"}]', 7)"#) }
        }
        #expect(error.sqlstate == "SY010")
        #expect(error.message == "VERSION_CONFLICT: stream s is at version 0, expected 7")
        #expect(error.detail == #"{"actual": 0, "expected": 7, "conflicting": 0}"#)
        try session.appendNow(["b"], to: "s", at: 0, strategy)
      }
      #expect(try session.stream("s") == ["0 happened", "1 b"])
    }
  }

  @Test("S4-20 A call takes 1 to 1000 events", arguments: [AppendStrategy.advisory, .delayed])
  func batches(strategy: AppendStrategy) async throws {
    try await onDatabase { (session) throws in
      let many = (0..<1001).map { "e\($0)" }
      #expect(try session.append(Array(many.prefix(1000)), to: "s", at: -1, strategy) == .appended(999))
      #expect(try session.stream("s") == (0..<1000).map { "\($0) e\($0)" })
      for wrong in [many, []] {
        let error = try pgError { _ = try session.append(wrong, to: "s", at: 999, strategy) }
        #expect(error.sqlstate == "22023" && error.message.contains("\(wrong.count)"))
      }
      #expect(try session.stream("s").count == 1000)
    }
  }

  @Test("What is no append is refused, and so is a stream that the database keeps itself")
  func refused() async throws {
    try await onDatabase { (session) throws in
      func code(_ call: String) throws -> String? {
        try pgError { try session.asApp("ann") { _ = try session.query("SELECT append_events(\(call), -1)") } }.sqlstate
      }
      for events in ["{}", "[1]", "[{}]", #"[{"type": ""}]"#, #"[{"type": 1}]"#, #"[{"type": "a"}, null]"#, "null"] {
        #expect(try code("'s', '\(events)'") == "22023", "\(events)")
      }
      #expect(try code("'s', NULL") == "22023")
      for stream in ["''", "NULL", "repeat('s', 201)"] {
        #expect(try code(#"\#(stream), '[{"type": "a"}]'"#) == "22023", "\(stream)")
      }
      for stream in ["job/1", "modification/1"] {
        #expect(try code(#"'\#(stream)', '[{"type": "a"}]'"#) == "42501", "\(stream)")
      }
      for organization in ["", "NOWHERE"] {
        let error = try pgError { _ = try session.append(to: "s", at: -1, of: organization) }
        #expect(error.sqlstate == "42501")
      }
      #expect(try session.count("SELECT count(*)::int FROM sync_event") == 0)
    }
  }

  @Test("S4-02 An owner's login that names no organization appends to streams of the installation itself")
  func owner() async throws {
    try await onDatabase { (session) throws in
      let call = #"('s', '[{"type": "a"}]', -1, NULL)"#
      #expect(try session.value("SELECT append_events\(call)") == "0")
      #expect(
        try pgError { _ = try session.query("SELECT append_events_with_delayed_lock\(call)") }.sqlstate == "SY010")
      #expect(try session.list("SELECT organization_id FROM sync_event WHERE stream = 's'") == [""])
      try session.asApp("ann") { _ = try session.query("SELECT append_events\(call)") }
      #expect(try session.count("SELECT count(*)::int FROM sync_event WHERE stream = 's'") == 2)
    }
  }

  @Test("Nobody changes or removes an event, and an application writes none past the functions")
  func appendOnly() async throws {
    try await onDatabase { (session) throws in
      _ = try session.append(to: "s", at: -1)
      for role in ["syncline_app", "syncline_worker", "syncline_system", "syncline_reader"] {
        let held = try session.list(
          "SELECT p FROM unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) p WHERE has_table_privilege($1, 'sync_event', p)",
          [.text(role)])
        #expect(held == (["syncline_worker", "syncline_system"].contains(role) ? ["INSERT"] : []), "\(role)")
      }
    }
  }
}
