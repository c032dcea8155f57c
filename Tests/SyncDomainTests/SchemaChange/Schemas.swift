import SyncDomain

/// Schemas and changes that tests begin with.
enum Schemas {
  static let target = TargetSchema("org_00112233445566778899aabbccddeeff")
  static let table = #""org_00112233445566778899aabbccddeeff""#

  static func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
  static func changes(_ text: String) throws -> [SchemaChange] { try SchemaChange.read(try json(text)) }

  /// Customers (email, unique), orders of a customer.
  static func shop() throws -> ProjectSchema {
    try ProjectSchema().applying(
      try changes(
        """
        [{"type":"add_table","table":{"id":"customers","name":"Customers","columns":[
           {"id":"email","name":"E-mail","type":"text","nullable":false,"unique":true},
           {"id":"since","name":"Since","type":"date"}]}},
         {"type":"add_table","table":{"id":"orders","name":"Orders","columns":[
           {"id":"customer","name":"Customer","type":"uuid","references":{"table":"customers"}},
           {"id":"mail","name":"Mail","type":"text"},
           {"id":"state","name":"State","type":"varchar(10)","default":"new",
            "check":{"operator":"in","values":["new","paid"]}},
           {"id":"amount","name":"Amount","type":"numeric(12,2)","nullable":false,"default":0}]}}]
        """))
  }

  /// The code and message a body is refused with; nil when it is not.
  static func refusal(_ body: () throws -> Void) -> SchemaFault? {
    do { try body() } catch { return error as? SchemaFault }
    return nil
  }
}
