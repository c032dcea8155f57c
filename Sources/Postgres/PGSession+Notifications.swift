import CLibPQ

extension PGSession {
  /// Subscribes this session to a channel. Belongs on a connection of its own: a pool would hand the subscription on.
  package func listen(_ channel: String) throws { try execute("LISTEN \(quotedIdentifier(channel))") }

  /// The notifications that have arrived, in order; waits up to `timeoutMilliseconds` for the first. Empty when none
  /// came.
  package func notifications(timeoutMilliseconds: Int) throws -> [PGNotification] {
    let raw = try wire.live()
    let end = monotonicMilliseconds() + Int64(timeoutMilliseconds)
    while true {
      let found = pending(raw)
      if !found.isEmpty { return found }
      let left = end - monotonicMilliseconds()
      // Other messages wake us too.
      guard try wire.waitIdle(timeout: max(0, left)) || left > 0 else { return [] }
    }
  }

  private func pending(_ raw: OpaquePointer) -> [PGNotification] {
    var found: [PGNotification] = []
    while let notification = PQnotifies(raw) {
      defer { PQfreemem(notification) }
      found.append(
        PGNotification(
          channel: String(cString: notification.pointee.relname), payload: String(cString: notification.pointee.extra),
          backendPID: notification.pointee.be_pid))
    }
    return found
  }
}

/// `name` as an SQL identifier that keeps its case and takes any character.
package func quotedIdentifier(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

/// `text` as an SQL string constant, for the few statements that take no parameters.
package func quotedLiteral(_ text: String) -> String {
  let doubled = text.replacing("'", with: "''")
  return text.utf8.contains(UInt8(ascii: "\\")) ? " E'\(doubled.replacing("\\", with: "\\\\"))'" : "'\(doubled)'"
}
