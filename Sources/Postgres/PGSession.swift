import CLibPQ
import Glibc

/// The synchronous face of one connection: every call blocks the connection's own thread until the server has answered.
///
/// Exists only inside `PGConnection.run`, so that a whole transaction is one hop. Every call throws `CancellationError`
/// when the task that runs it is cancelled (a running statement is then cancelled in the server), and `PGError`
/// otherwise.
package final class PGSession {
  let wire: Wire
  var statements: StatementCache
  private let statementTimeout: Int64?
  /// False while SQL text has set `statement_timeout` itself: then only the server bounds statements.
  var boundsSilence = true
  var savepoints = 0

  /// Connects; blocks.
  init(_ options: PGOptions) throws(PGError) {
    wire = try Wire(options)
    statements = StatementCache(capacity: options.statementCacheSize)
    statementTimeout = options.statementTimeout?.inMilliseconds
  }

  // MARK: Statements

  /// Runs one or more statements, separated by semicolons, without parameters. Outside a transaction they are one
  /// implicit transaction. Results are dropped.
  package func execute(_ sql: String) throws {
    try checkText(sql)
    let raw = try begin(sql)
    defer { wire.end() }
    guard PQsendQuery(raw, sql) == 1 else { throw refused() }
    try wire.flush()
    _ = try finish()
  }

  /// Runs one statement. It is prepared once per connection and SQL text, so the text must be constant: values belong
  /// in `parameters`.
  ///
  /// Outside a transaction a statement that a schema change made stale is prepared anew and run once more.
  @discardableResult
  package func query(_ sql: String, _ parameters: [PGValue] = []) throws -> PGResult {
    let encoded = try Parameters(parameters)
    return try retryingStale {
      let name = try prepare(sql, encoded)
      let raw = try begin(sql)
      defer { wire.end() }
      try send(raw, name, encoded)
      try wire.flush()
      guard let result = try finish() else { throw PGError(.protocol, "the statement is empty") }
      return PGResult(raw: result)
    }
  }

  /// Runs one statement and hands over its rows as they arrive, in constant memory. When `row` throws, the statement is
  /// cancelled and the error passes through. Returns the number of rows.
  @discardableResult
  package func stream(_ sql: String, _ parameters: [PGValue] = [], _ row: (PGRow) throws -> Void) throws -> Int {
    let encoded = try Parameters(parameters)
    let name = try prepare(sql, encoded)
    let raw = try begin(sql)
    defer { wire.end() }
    try send(raw, name, encoded)
    PQsetSingleRowMode(raw)
    try wire.flush()
    var count = 0
    var columns: RawResult.Columns?
    var failure: (any Error)?
    while let result = try wire.nextResult(columns: columns) {
      columns = result.status == PGRES_SINGLE_TUPLE ? result.columns : nil
      if failure != nil { continue }
      if result.isError { failure = error(of: result) }
      guard result.status == PGRES_SINGLE_TUPLE else { continue }
      do {
        try row(PGRow(raw: result, row: 0))
        count += 1
        wire.resetSilence()
      } catch {
        failure = error
        wire.abandon()
      }
    }
    if let failure { throw failure }
    return count
  }

  // MARK: State

  /// The server process that serves this session.
  package var backendPID: Int32 { wire.connection.map { PQbackendPID($0) } ?? 0 }
  /// For example 150013 for 15.13; 0 when the connection is lost.
  package var serverVersion: Int { Int(wire.connection.map { PQserverVersion($0) } ?? 0) }
  /// False once the connection is lost or closed; every later call throws.
  package var isUsable: Bool { !wire.isBroken }

  package enum TransactionStatus: Sendable { case idle, active, inTransaction, inError, unknown }

  package var transactionStatus: TransactionStatus {
    guard let connection = wire.connection, !wire.isBroken else { return .unknown }
    switch PQtransactionStatus(connection) {
    case PQTRANS_IDLE: return .idle
    case PQTRANS_ACTIVE: return .active
    case PQTRANS_INTRANS: return .inTransaction
    case PQTRANS_INERROR: return .inError
    default: return .unknown
    }
  }

  /// Called on the connection's thread with what the server says beside results; nil drops it. Must not use the
  /// session.
  package var onNotice: ((PGNotice) -> Void)? {
    get { wire.onNotice }
    set { wire.onNotice = newValue }
  }

  func close() { wire.close() }

  // MARK: Steps shared with the extensions

  /// Opens a statement; `steps` of a pipeline may each be silent for the statement timeout.
  func begin(_ sql: String, steps: Int = 1) throws -> OpaquePointer {
    noteTimeout(sql)
    return try wire.begin(silenceLimit: boundsSilence ? statementTimeout.map { $0 * Int64(steps) } : nil)
  }

  /// The name of the prepared statement for `sql`; prepares it first where needed.
  private func prepare(_ sql: String, _ parameters: Parameters) throws -> String {
    if let name = statements.find(sql, parameters.fit) { return name }
    try checkText(sql)
    try sweep()
    let name = statements.newName()
    let raw = try begin(sql)
    defer { wire.end() }
    try sendPrepare(raw, name, sql, parameters)
    try wire.flush()
    _ = try finish()
    statements.insert(sql, name: name, types: parameters.types)
    return name
  }

  func sendPrepare(_ raw: OpaquePointer, _ name: String, _ sql: String, _ parameters: Parameters) throws {
    guard PQsendPrepare(raw, name, sql, Int32(parameters.types.count), parameters.types) == 1 else { throw refused() }
  }

  func send(_ raw: OpaquePointer, _ name: String, _ parameters: Parameters) throws {
    let status = parameters.withPointers { PQsendQueryPrepared(raw, name, $0, $1, $2, $3, 0) }
    guard status == 1 else { throw refused() }
  }

  /// Deallocates what the cache has dropped; later, when the transaction has failed and takes no statement.
  func sweep() throws {
    guard transactionStatus == .idle || transactionStatus == .inTransaction, let sql = statements.sweeping() else {
      return
    }
    try execute(sql)
    statements.swept()
  }

  /// Runs `body` once more when it met a stale prepared statement outside a transaction.
  func retryingStale<Result>(_ body: () throws -> Result) throws -> Result {
    let wasIdle = transactionStatus == .idle
    do {
      return try body()
    } catch let error as PGError where error.isStaleStatement {
      statements.forgetAll()
      guard wasIdle, transactionStatus == .idle else { throw error }
      return try body()
    }
  }

  /// Reads a statement's results to the end and returns the last; its first error is thrown when all is read.
  func finish() throws -> RawResult? {
    var last: RawResult?
    var failure: (any Error)?
    while let result = try wire.nextResult() {
      switch result.status {
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        failure = failure ?? PGError(.protocol, "COPY belongs in copyIn or copyOut")
        try refuseCopy(result.status)
      default:
        if result.isError { failure = failure ?? error(of: result) } else { last = result }
      }
    }
    if let failure { throw failure }
    return last
  }

  /// The error of a result, or CancellationError when we have asked for it.
  func error(of result: RawResult) -> any Error {
    let error = wire.error(of: result)
    return error.sqlstate == "57014" && wire.isCancelling ? CancellationError() : error
  }

  /// libpq would not even send it.
  func refused() -> PGError {
    guard let connection = wire.connection, PQstatus(connection) == CONNECTION_OK else { return wire.lost() }
    return PGError(.protocol, trimmed(String(cString: PQerrorMessage(connection))))
  }

  func checkText(_ sql: String) throws(PGError) {
    if sql.utf8.contains(0) { throw PGError(.conversion, "the statement holds a NUL character") }
  }

  /// SQL text that changes the statement timeout takes the bound over from us.
  func noteTimeout(_ sql: String) {
    if strstr(sql, "statement_timeout") != nil { boundsSilence = false }
  }
}
