import FoundationEssentials
import Runtime
import Testing

@testable import Operator

struct OutputTests {
  private let table = Table(
    [
      Column("name"), Column("received", .integer), Column("total_plan_cost", .decimal), Column("done", .boolean),
      Column("started_at", .time), Column("parameters", .json),
    ],
    rows: [
      [
        .text("RIO"), .integer(20_280), .decimal("81800.26"), .boolean(true),
        .time(Date(timeIntervalSince1970: 1_769_851_800.25)), .json("{ \"a\" : [1, 2] }"),
      ],
      [.text("a\u{1B}[2J \"q\", 東京"), .integer(7), .decimal("-0.10"), .boolean(false), .null, .json("{oops")],
    ])

  private func text(_ format: OutputFormat, _ terminal: Terminal = .none) throws -> String {
    let recorder = Recorder()
    try recorder.output(format, terminal: terminal).write(table)
    return recorder.data
  }

  @Test("On a terminal a long detail goes on below itself, and a remedy has a whole line of its own")
  func remedies() throws {
    let command = "see 'syncline jobs why 3f0c4c1e-0000-4000-8000-000000000000', then 'syncline worker'"
    let checks = [
      Check("kafka", .ok, "1 broker"),
      Check("leases", .warning, "one two three four five six seven eight nine ten", remedy: command),
    ]
    func text(_ width: Int?) throws -> [String] {
      let recorder = Recorder()
      let terminal = width.map { Terminal(isTerminal: true, width: $0, height: nil, hasColor: false) } ?? Terminal.none
      try recorder.output(.table, terminal: terminal).write(Table(Check.columns, rows: checks.map(\.cells)))
      return recorder.data.split(separator: "\n").map(String.init)
    }
    #expect(
      try text(40) == [
        "name    status   detail", "kafka   ok       1 broker", "leases  warning  one two three four five",
        "                 six seven eight nine", "                 ten", "  -> \(command)",
      ])
    let plain = try text(nil)
    #expect(plain.count == 4 && plain[2].hasSuffix("nine ten") && plain[3] == "  -> \(command)")
    #expect(plain[1] == "kafka   ok       1 broker", "no line is filled up to the longest one")
    #expect(wrapped("a bb  ccccc", to: 3) == ["a", "bb ", "ccc", "cc"])
  }

  @Test("A table, as a whole")
  func tables() throws {
    #expect(
      try text(.table) == """
        name                received  total_plan_cost  done   started_at                parameters
        RIO                    20280         81800.26  true   2026-01-31T09:30:00.250Z  {"a":[1,2]}
        a\\x1b[2J "q", 東京         7            -0.10  false                            {oops

        """)
  }

  @Test("On a terminal text is cut to fit and numbers never are")
  func narrow() throws {
    let shorter = try text(.table, Terminal(isTerminal: true, width: 88))
    #expect(shorter.contains(" 2026-01-31 09:30 ") && !shorter.contains("…"), "moments lose their seconds first")
    let narrow = try text(.table, Terminal(isTerminal: true, width: 75))
    #expect(narrow.split(separator: "\n").allSatisfy { displayWidth(String($0)) <= 75 })
    #expect(narrow.contains("…") && narrow.contains("81800.26") && narrow.contains("20280"))
    let tiny = try text(.table, Terminal(isTerminal: true, width: 10))
    #expect(tiny.contains("81800.26"))
  }

  @Test("A name that a command takes is whole on any terminal, unless it is longer than a UUID; other text gives way")
  func names() throws {
    let (id, long) = ("3f0c4c1e-0000-4000-8000-000000000000", String(repeating: "x", count: 100))
    let rows: [[Cell]] = [[.text(id), .text("short"), .text(long)], [.text(long), .text("PFA-0001"), .text("y")]]
    let table = Table([Column("id"), Column("pfa_id"), Column("note")], rows: rows)
    let recorder = Recorder()
    let terminal = Terminal(isTerminal: true, width: 60, height: nil, hasColor: false)
    try recorder.output(.table, terminal: terminal).write(table)
    let lines = recorder.data.split(separator: "\n").map(String.init)
    #expect(lines[1].contains(id) && lines[1].hasSuffix("x…") && lines[2].contains("PFA-0001"))
    #expect(lines[2].hasPrefix(String(repeating: "x", count: 39) + "…"))
    #expect(lines.allSatisfy { displayWidth($0) <= 60 })
  }

  @Test("Kind, state and code of a job are whole on any terminal; moments and less important columns give way")
  func words() throws {
    let moment = Cell.time(Date(timeIntervalSince1970: 1_769_851_800.25))
    let id = "3f0c4c1e-0000-4000-8000-000000000000"
    func row(_ kind: String, _ state: String, _ result: String, _ code: String?) -> [Cell] {
      [.text(id), .text("RIO"), .text(kind), .text(state), .text(result), .integer(1), .text(code), moment, moment]
    }
    let rows = [
      row("read_sync", "succeeded", "complete", nil), row("draft_commit", "failed", "nothing", "INVALID_DATE_ORDER"),
      row("read_sync", "awaiting_approval", "", "MASS_DISCONTINUE"),
    ]
    func text(_ width: Int) throws -> String {
      let recorder = Recorder()
      let terminal = Terminal(isTerminal: true, width: width, height: nil, hasColor: false)
      try recorder.output(.table, terminal: terminal).write(Table(JobColumns.list(for: .table), rows: rows))
      return recorder.data
    }
    for width in [60, 80, 100, 120, 140, 160, 200] {
      let shown = try text(width)
      for word in ["read_sync", "succeeded", "draft_commit", "INVALID_DATE_ORDER", "awaiting_approval", id] {
        #expect(shown.contains(word), "\(width): \(shown)")
      }
      // The words alone need so much.
      let longest = shown.split(separator: "\n").map { displayWidth(String($0)) }.max() ?? 0
      #expect(longest <= max(width, 99), "\(width): \(shown)")
    }
    #expect(try text(200).contains("2026-01-31T09:30:00.250Z"))
    let usual = try text(120)
    #expect(usual.contains("created_at") && usual.contains("2026-01-31 09:30") && !usual.contains("attempt"))
    #expect(try !text(100).contains("created_at"))
  }

  @Test(
    "Lists fit 80 and 120 columns with usual values; words, their headings and ids are whole wherever they are shown")
  func lists() throws {
    let id = "3f0c4c1e-0000-4000-8000-000000000000"
    let words = [
      "kind": "read_sync", "state": "succeeded", "status": "completed", "sync_state": "committed",
      "sync_type": "incremental", "error_code": "AUTH", "last_state": "succeeded", "cron": "*/15 * * * *",
      "code": "UNSUPPORTED_SPECVERSION",
    ]
    let others = ["id": id, "job": "read-changes", "organization_id": "RIO", "pfa_id": "PFA-00000004"]
    func cell(_ column: Column) -> Cell {
      switch column.kind {
      case .integer: .integer(12)
      case .time: .time(Date(timeIntervalSince1970: 1_769_851_800))
      case .boolean: .boolean(true)
      case .json: .json(#"{"forecastEnd":"2026-09-30","dor":"SITE"}"#)
      case .decimal: .decimal("81800.26")
      case .text:
        .text(
          column.name.hasSuffix("job_id") ? id : words[column.name] ?? others[column.name] ?? "one two")
      }
    }
    let tables: [(name: String, columns: [Column], kept: Set<String>)] = [
      ("jobs list", JobColumns.list(for: .table), ["id", "state", "error_code"]),
      ("jobs schedule", JobsScheduleCommand.columns, ["job", "next_at", "last_state"]),
      ("jobs schedule JOB", JobsScheduleCommand.firingColumns, ["due_at", "state", "detail"]),
      ("drafts list", DraftColumns.list(for: .table), ["pfa_id", "sync_state", "delta", "error_code"]),
      ("conflicts list", DraftColumns.conflicts(for: .table), ["id", "pfa_id", "status"]),
      ("log list", LogColumns.list(for: .table), ["id", "status", "error_code"]),
      ("queue list", QueueColumns.all, ["kind", "paused", "suspended", "queued", "held_messages"]),
      ("schema history", SchemaColumns.changes(for: .table), ["id", "change_type", "status", "error_code"]),
    ]
    for (table, columns, kept) in tables {
      for width in [80, 120] {
        let recorder = Recorder()
        let terminal = Terminal(isTerminal: true, width: width, height: nil, hasColor: false)
        try recorder.output(.table, terminal: terminal).write(Table(columns, rows: [columns.map(cell)]))
        let lines = recorder.data.split(separator: "\n").map(String.init)
        let place = "\(table) at \(width): \(recorder.data)"
        #expect(lines.allSatisfy { displayWidth($0) <= width }, "\(place)")
        let headings = Set(lines[0].split(separator: " ").map(String.init))
        #expect(kept.isSubset(of: headings), "\(place)")
        for (name, word) in words where headings.contains(name) { #expect(lines[1].contains(word), "\(place)") }
        #expect(columns.allSatisfy { !$0.isWord || headings.contains($0.name) || $0.fit != .cut }, "\(place)")
      }
    }
  }

  @Test("JSON, as a whole: exact decimals, nulls, JSON inside, no raw control character")
  func json() throws {
    #expect(
      try text(.json) == #"""
        [
          {"name": "RIO", "received": 20280, "total_plan_cost": 81800.26, "done": true, \#
        "started_at": "2026-01-31T09:30:00.250Z", "parameters": {"a":[1,2]}},
          {"name": "a\u001b[2J \"q\", 東京", "received": 7, "total_plan_cost": -0.10, "done": false, \#
        "started_at": null, "parameters": "{oops"}
        ]

        """#)
  }

  @Test("NDJSON is the same objects, one a line")
  func ndjson() throws {
    let lines = try text(.ndjson).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[1].hasPrefix(#"{"name": "a\u001b"#))
  }

  @Test("CSV, as a whole: data as it is, CRLF, null empty")
  func csv() throws {
    #expect(
      try text(.csv) == "name,received,total_plan_cost,done,started_at,parameters\r\n"
        + "RIO,20280,81800.26,true,2026-01-31T09:30:00.250Z,\"{\"\"a\"\":[1,2]}\"\r\n"
        + "\"a\u{1B}[2J \"\"q\"\", 東京\",7,-0.10,false,,{oops\r\n")
    #expect(!(try text(.csv, Terminal(isTerminal: true, width: 80)).contains("\u{1B}")))
  }

  @Test("One thing: lines, an object, a row")
  func show() throws {
    func show(_ format: OutputFormat) throws -> String {
      let recorder = Recorder()
      try recorder.output(format).show([Column("id"), Column("attempt", .integer)], [.text("x"), .integer(2)])
      return recorder.data
    }
    #expect(try show(.table) == "id       x\nattempt  2\n")
    #expect(try show(.json) == "{\n  \"id\": \"x\",\n  \"attempt\": 2\n}\n")
    #expect(try show(.ndjson) == "{\"id\": \"x\", \"attempt\": 2}\n")
    #expect(try show(.csv) == "id,attempt\r\nx,2\r\n")
  }

  @Test("Nothing is a header, an empty array, nothing")
  func empty() throws {
    func empty(_ format: OutputFormat) throws -> String {
      let recorder = Recorder()
      try recorder.output(format).write(Table([Column("id")]))
      return recorder.data
    }
    #expect(try empty(.table) == "id\n")
    #expect(try empty(.json) == "[]\n")
    #expect(try empty(.ndjson) == "")
    #expect(try empty(.csv) == "id\r\n")
  }

  @Test("Long tables are written in pieces, each row once")
  func long() throws {
    let recorder = Recorder()
    var rows = recorder.output(.table).rows([Column("n", .integer)])
    for number in 0..<2500 { try rows.append([.integer(Int64(number))]) }
    try rows.finish()
    let numbers = recorder.data.split(separator: "\n").dropFirst().compactMap { Int($0.drop { $0 == " " }) }
    #expect(numbers == Array(0..<2500))
  }

  @Test("Without a choice: a table on a terminal, else JSON")
  func defaults() {
    let recorder = Recorder()
    #expect(recorder.output(terminal: Terminal(isTerminal: true)).format == .table)
    #expect(recorder.output().format == .json)
    #expect(!recorder.output().hasJSONErrors)
  }

  @Test("A decimal that is no JSON number and a number that is not finite do not break JSON")
  func numbers() {
    #expect(Cell.decimal("NaN").json == "\"NaN\"")
    #expect(Cell.decimal("007").json == "\"007\"")
    #expect(Cell.decimal("12345678901234567890.12").json == "12345678901234567890.12")
    #expect(Cell.real(.infinity).json == "null")
    #expect(Cell.real(0.25).json == "0.25")
  }

  @Test("Display width counts columns, not characters")
  func width() {
    #expect(displayWidth("abc") == 3)
    #expect(displayWidth("東京") == 4)
    #expect(displayWidth("e\u{301}👩‍👩‍👧") == 3)
    #expect(cut("東京都", to: 5) == "東京…")
    #expect(cut("abcdef", to: 4) == "abc…")
    #expect(cut("abcd", to: 4) == "abcd")
    #expect(pad("東", to: 4, right: true) == "  東")
  }
}
