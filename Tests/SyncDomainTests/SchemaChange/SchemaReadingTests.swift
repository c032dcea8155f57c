import SyncDomain
import Testing

@Suite struct SchemaReadingTests {
  @Test(
    "S3-17, S3-04: what is no change is refused with the field that is wrong",
    arguments: [
      ("1", "a change is not an object"), ("\"add_table\"", "a change is not an object"),
      ("[]", "the list of changes is empty"),
      ("{}", "a change's type is missing"), (#"{"type":1}"#, "a change's type is missing"),
      (#"{"type":"drop_database"}"#, "'drop_database' is no type"),
      (#"{"type":"add_table"}"#, "Table definition required"),
      (#"{"type":"add_table","table":[]}"#, "a table's definition is not an object"),
      (#"{"type":"add_table","table":{"name":"a b"}}"#, "a table has no id, and no name that can be one"),
      (#"{"type":"add_table","table":{"id":"a\"b"}}"#, "an id of a table is not"),
      (#"{"type":"add_table","table":{"id":"a","columns":{}}}"#, "columns is not a list"),
      (#"{"type":"add_table","table":{"id":"a","columns":[{"id":"x"}]}}"#, "column x has no type"),
      (
        #"{"type":"add_table","table":{"id":"a","columns":[{"id":"x","type":"text; DROP TABLE a"}]}}"#,
        "is no known type"
      ),
      (
        #"{"type":"add_table","table":{"id":"a","columns":[{"id":"x","type":"text"},{"id":"x","type":"text"}]}}"#,
        "two columns x"
      ),
      (#"{"type":"add_column","table_id":"a"}"#, "Column definition required"),
      (#"{"type":"add_column","column":{"id":"x","type":"text"}}"#, "table_id is missing"),
      (
        #"{"type":"add_column","table_id":"a","column":{"id":"x","type":"integer","default":"now()"}}"#,
        "none of type integer"
      ),
      (
        #"{"type":"add_column","table_id":"a","column":{"id":"x","type":"integer","default":1.5}}"#,
        "none of type integer"
      ),
      (
        #"{"type":"add_column","table_id":"a","column":{"id":"x","type":"date","default":"2025-02-30"}}"#,
        "none of type date"
      ),
      (#"{"type":"add_column","table_id":"a","column":{"id":"x","type":"integer","check":"x > 0"}}"#, "never SQL text"),
      (#"{"type":"rename_table","table_id":"a"}"#, "new_name is missing"),
      (#"{"type":"alter_column_type","table_id":"a","column_id":"x"}"#, "new_type is missing"),
      (#"{"type":"alter_column_default","table_id":"a","column_id":"x"}"#, "default is missing"),
      (
        #"{"type":"alter_column_nullable","table_id":"a","column_id":"x","nullable":"yes"}"#,
        "nullable is not true or false"
      ),
      (#"{"type":"add_foreign_key","table_id":"a","column_id":"x"}"#, "references is missing"),
      (#"{"type":"drop_foreign_key","table_id":"a"}"#, "constraint_id is missing"),
      (#"[{"type":"drop_project"},{"type":"drop_table","table_id":"a"}]"#, "drop_project alone"),
    ])
  func refused(_ text: String, _ reason: String) throws {
    let fault = Schemas.refusal { _ = try Schemas.changes(text) }
    #expect(fault?.code == .invalidChange)
    #expect(fault?.message.contains(reason) == true, "\(fault?.message ?? "accepted")")
  }

  @Test("S3-17: fields are found in the change or in its data, under either spelling, and normalised")
  func normalised() throws {
    let one = try Schemas.changes(
      #"{"type":"add_column","tableId":"a","column":{"name":"x","type":" Character  Varying( 20 ) ","isNullable":false}}"#
    )
    let other = try Schemas.changes(
      #"{"type":"add_column","data":{"table":{"id":"a"},"column":{"id":"x","type":"varchar(20)","nullable":false}}}"#)
    #expect(one == other)
    #expect(
      try String(decoding: one.encoded(), as: UTF8.self)
        == #"{"column":{"id":"x","name":"x","nullable":false,"type":"varchar(20)"},"table_id":"a","type":"add_column"}"#
    )
  }

  @Test("S3-02: all fields of a request; those that are required are named when they are missing")
  func request() throws {
    let full = """
      {"organization_id":"RIO","project_id":"p","change":{"type":"drop_project"},"new_schema_data":{"a":1},\
      "current_version":3,"user_id":"ana"}
      """
    let event = CloudEvent(id: "1", source: "app", type: SchemaChangeRequest.type, data: Array(full.utf8))
    let request = try SchemaChangeRequest(event)
    #expect(request.organization == "RIO" && request.project == "p" && request.currentVersion == 3)
    #expect(
      request.user == "ana" && request.change == #"{"type":"drop_project"}"# && request.typeName == "drop_project")
    #expect(SchemaChangeRequest(parameters: try JSONValue(parsing: request.encoded()), organization: "RIO") == request)
    for field in ["organization_id", "project_id", "change", "current_version", "user_id"] {
      var broken = event
      broken.data = Array(full.replacing("\"\(field)\"", with: "\"x\"").utf8)
      #expect(throws: MessageFault(code: "INVALID_MESSAGE", reason: "\(field) is missing")) {
        _ = try SchemaChangeRequest(broken)
      }
    }
    var foreign = event
    foreign.organization = "SFO"
    #expect(throws: MessageFault.self) { _ = try SchemaChangeRequest(foreign) }
  }

  @Test("S3-09: a target's schema is org_ and 32 hexadecimal digits, nothing else")
  func schemaName() {
    #expect(TargetSchema(uuid: "00112233-4455-6677-8899-AABBCCDDEEFF")?.name == "org_00112233445566778899aabbccddeeff")
    for bad in ["RIO", "", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef\"", "x'; DROP"] {
      #expect(TargetSchema(uuid: bad) == nil)
    }
    for bad in [
      "public", "org_", "orgx00112233445566778899aabbccddeeff", "org_00112233445566778899AABBCCDDEEFF", "pg_catalog",
    ] {
      #expect(TargetSchema(bad) == nil)
    }
  }

  @Test("S3-20: three further tries after 200, 400 and 800 ms, for 409 and 423 only")
  func retries() {
    for code in SchemaFault.Code.allCases {
      let delays = (0..<5).map { code.retryDelay(after: $0) }
      let expected: [Int64?] =
        [409, 423].contains(code.status) ? [200, 400, 800, nil, nil] : [nil, nil, nil, nil, nil]
      #expect(delays == expected, "\(code)")
    }
  }
}
