import CLibPQ
import Glibc

extension PGSession {
  /// Runs `COPY … FROM STDIN` with the bytes that `next` returns, in any division, until it returns nil. Returns the
  /// number of rows.
  ///
  /// An error of `next` ends the COPY without effect and passes through. The server reports bad rows only at the end.
  @discardableResult
  package func copyIn(_ sql: String, _ next: () throws -> [UInt8]?) throws -> Int {
    let raw = try beginCopy(sql, PGRES_COPY_IN)
    defer { wire.end() }
    var failure: (any Error)?
    do {
      var unflushed = 0
      while let chunk = try next() {
        if wire.interrupt?.isRaised == true { throw CancellationError() }
        wire.resetSilence()
        for start in stride(from: 0, to: chunk.count, by: PGSession.largestWrite) {
          let part = chunk[start..<min(start + PGSession.largestWrite, chunk.count)]
          try part.withUnsafeBytes { try put(raw, $0) }
          unflushed += part.count
          if unflushed >= PGSession.flushAfter {
            try wire.flush()
            unflushed = 0
          }
        }
      }
    } catch {
      if wire.isBroken { throw error }
      failure = error
    }
    wire.resetSilence()
    guard PQputCopyEnd(raw, failure == nil ? nil : "given up by the client") == 1 else { throw wire.lost() }
    try wire.flush()
    do {
      let result = try finish()
      if let failure { throw failure }
      return result?.affected ?? 0
    } catch {
      throw failure ?? error
    }
  }

  /// Runs `COPY … TO STDOUT` and hands over each row as the server sends it (in text format with its newline). When
  /// `row` throws, the COPY is cancelled and the error passes through.
  package func copyOut(_ sql: String, _ row: ([UInt8]) throws -> Void) throws {
    let raw = try beginCopy(sql, PGRES_COPY_OUT)
    defer { wire.end() }
    var failure: (any Error)?
    while let line = try nextCopyRow(raw) {
      if failure != nil { continue }
      do {
        try row(line)
        wire.resetSilence()
      } catch {
        failure = error
        wire.abandon()
      }
    }
    do { _ = try finish() } catch { throw failure ?? error }
    if let failure { throw failure }
  }

  private static let largestWrite = 1 << 20
  private static let flushAfter = 1 << 16

  private func beginCopy(_ sql: String, _ expected: ExecStatusType) throws -> OpaquePointer {
    try checkText(sql)
    let raw = try begin(sql)
    do {
      guard PQsendQuery(raw, sql) == 1 else { throw refused() }
      try wire.flush()
      guard let result = try wire.nextResult() else { throw PGError(.protocol, "the statement is empty") }
      if result.status == expected { return raw }
      if result.isError {
        let failure = error(of: result)
        _ = try finish()
        throw failure
      }
      if result.status == PGRES_COPY_IN || result.status == PGRES_COPY_OUT { try refuseCopy(result.status) }
      // What the server says to that does not matter.
      _ = try? finish()
      throw PGError(.protocol, "the statement is not a COPY in this direction")
    } catch {
      wire.end()
      throw error
    }
  }

  /// Ends a COPY that nobody serves, so that the connection stays usable.
  func refuseCopy(_ direction: ExecStatusType) throws {
    let raw = try wire.live()
    switch direction {
    case PGRES_COPY_IN:
      guard PQputCopyEnd(raw, "COPY was not expected here") == 1 else { throw wire.lost() }
      try wire.flush()
    case PGRES_COPY_OUT:
      wire.abandon()
      while try nextCopyRow(raw) != nil {}
    default: throw wire.lost("replication is not supported")
    }
  }

  private func put(_ raw: OpaquePointer, _ bytes: UnsafeRawBufferPointer) throws {
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    while true {
      switch PQputCopyData(raw, start, Int32(bytes.count)) {
      case 1: return
      case 0: try wire.flush()
      default: throw refused()
      }
    }
  }

  /// nil at the end of the data; the statement's result follows.
  private func nextCopyRow(_ raw: OpaquePointer) throws -> [UInt8]? {
    while true {
      var buffer: UnsafeMutablePointer<CChar>?
      let count = PQgetCopyData(raw, &buffer, 1)
      if count > 0, let buffer {
        defer { PQfreemem(buffer) }
        return Array(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
      }
      if count < 0 { return nil }
      try wire.wait(POLLIN)
      if PQconsumeInput(raw) == 0 { throw wire.lost() }
    }
  }
}
