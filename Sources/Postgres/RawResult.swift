import CLibPQ

/// The owner of one `PGresult`; never changed once received, so any thread may read it.
final class RawResult: @unchecked Sendable {
  let raw: OpaquePointer
  let status: ExecStatusType
  let columns: Columns

  /// Column names with their positions; shared by the rows of a streamed result.
  final class Columns: Sendable {
    let names: [String]
    let positions: [String: Int]

    init(_ names: [String]) {
      self.names = names
      // Of several columns with one name the first is meant, as in libpq.
      positions = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static let none = Columns([])
  }

  init(_ raw: OpaquePointer, columns known: Columns? = nil) {
    self.raw = raw
    status = PQresultStatus(raw)
    let count = PQnfields(raw)
    if let known {
      columns = known
    } else if count > 0 {
      // The columns of a COPY have no names.
      columns = Columns((0..<count).map { PQfname(raw, $0).map { String(cString: $0) } ?? "" })
    } else {
      columns = .none
    }
  }

  deinit { PQclear(raw) }

  var rowCount: Int { Int(PQntuples(raw)) }

  /// Rows touched by INSERT, UPDATE, DELETE, MERGE, COPY, or returned by SELECT; 0 for others.
  var affected: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

  /// The command tag, for example `COMMIT`.
  var command: String { String(cString: PQcmdStatus(raw)) }

  var isError: Bool { status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR }

  /// One of the `PQ_FIELD_` values; nil when the server did not send it.
  func diagnostic(_ field: Int) -> String? { PQresultErrorField(raw, Int32(field)).map { String(cString: $0) } }

  /// The error this result carries. A FATAL one means that the server has closed the connection.
  func error(connectionLost: Bool) -> PGError {
    let severity = diagnostic(PQ_FIELD_SEVERITY)
    let sqlstate = diagnostic(PQ_FIELD_SQLSTATE)
    let fatal = connectionLost || severity == "FATAL" || severity == "PANIC"
    let text = diagnostic(PQ_FIELD_MESSAGE) ?? trimmed(String(cString: PQresultErrorMessage(raw)))
    var error = PGError(fatal ? .connection : sqlstate == nil ? .protocol : .server, text, sqlstate: sqlstate)
    error.severity = severity
    error.detail = diagnostic(PQ_FIELD_DETAIL)
    error.hint = diagnostic(PQ_FIELD_HINT)
    error.schema = diagnostic(PQ_FIELD_SCHEMA)
    error.table = diagnostic(PQ_FIELD_TABLE)
    error.column = diagnostic(PQ_FIELD_COLUMN)
    error.dataType = diagnostic(PQ_FIELD_DATATYPE)
    error.constraint = diagnostic(PQ_FIELD_CONSTRAINT)
    error.context = diagnostic(PQ_FIELD_CONTEXT)
    error.routine = diagnostic(PQ_FIELD_ROUTINE)
    error.position = diagnostic(PQ_FIELD_POSITION).flatMap { Int($0) }
    return error
  }
}

/// libpq ends its messages with a newline.
func trimmed(_ text: String) -> String {
  var text = Substring(text)
  while let last = text.last, last.isNewline || last == " " { text.removeLast() }
  return String(text)
}
