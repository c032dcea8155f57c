/// Everything that can go wrong between us and PostgreSQL.
///
/// `description` is safe to log: it holds codes, names and messages, never a value of a row. `debugDescription` holds
/// everything the server said.
package struct PGError: Error, Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// The server refused a statement; the connection lives.
    case server
    /// The connection could not be made or is lost; what ran outside a COMMIT had no effect.
    case connection
    /// The connection was lost while COMMIT was under way: the transaction took effect entirely or not at all, and only
    /// the database knows.
    case commitUnknown = "commit unknown"
    /// The session was used wrongly (a nested BEGIN, COPY without its data) or libpq refused a call.
    case `protocol` = "protocol"
    /// A parameter cannot be sent, or a field cannot be read as the type asked for.
    case conversion
    /// No connection of the pool became free in time.
    case poolTimeout = "pool timeout"
  }

  package var kind: Kind
  /// Five characters; nil when the server did not say (a lost connection, an error on our side).
  package var sqlstate: String?
  /// `ERROR`, `FATAL` or `PANIC`, never localized; nil when the error is not the server's.
  package var severity: String?
  /// The server's primary message. May quote values: log `description` instead.
  package var message: String
  /// May hold whole rows.
  package var detail: String?
  package var hint: String?
  package var schema: String?
  package var table: String?
  package var column: String?
  package var dataType: String?
  package var constraint: String?
  /// The server's call stack. May hold values.
  package var context: String?
  /// The C function of the server that raised the error.
  package var routine: String?
  /// Where in the statement, in characters from 1.
  package var position: Int?
  /// Which step of a pipeline failed, from 0; nil outside a pipeline.
  package var statementIndex: Int?

  package init(_ kind: Kind, _ message: String, sqlstate: String? = nil) {
    self.kind = kind
    self.message = message
    self.sqlstate = sqlstate
  }
}

extension PGError {
  /// The same work can succeed later without any change: lost connections, conflicts with other transactions, exhausted
  /// resources, timeouts, a server that is starting, stopping or being replaced.
  package var isTransient: Bool {
    switch kind {
    case .connection, .commitUnknown, .poolTimeout: return true
    case .protocol, .conversion: return false
    case .server:
      guard let sqlstate else { return false }
      if isStaleStatement { return true }
      // 55P03 lock_not_available; 25006 a writer that meets a demoted primary.
      return ["08", "40", "53", "57"].contains(sqlstate.prefix(2)) || ["55P03", "25006"].contains(sqlstate)
    }
  }

  /// Nobody answers there, or answers only to say that it cannot serve now.
  package var isUnreachable: Bool {
    if kind == .connection || kind == .commitUnknown { return true }
    guard kind == .server, let sqlstate else { return false }
    return sqlstate.hasPrefix("08") || ["57P01", "57P02", "57P03", "53300"].contains(sqlstate)
  }

  /// The server, the database or the login has as many connections as it may. Of a connection that was refused libpq
  /// tells the words alone; the server says them in other languages too, and then it is only out of reach.
  package var isCrowded: Bool {
    let says = ["too many clients", "connection slots are reserved", "too many connections for"]
    return sqlstate == "53300" || (kind == .connection && says.contains { message.contains($0) })
  }

  /// The data is at fault (classes 22 and 23): the same statement with the same values fails again.
  package var isDataError: Bool {
    guard kind == .server, let sqlstate else { return false }
    return sqlstate.hasPrefix("22") || sqlstate.hasPrefix("23")
  }

  /// A serialization failure or a deadlock: the whole transaction can be run again at once.
  package var isConflict: Bool { kind == .server && (sqlstate == "40001" || sqlstate == "40P01") }

  /// A statement prepared before a schema change (0A000 "cached plan must not change result type"), or one the server
  /// has forgotten (26000). The session has dropped its prepared statements; the same work succeeds when run again.
  package var isStaleStatement: Bool {
    guard kind == .server else { return false }
    return sqlstate == "26000" || (sqlstate == "0A000" && routine == "RevalidateCachedQuery")
  }
}

extension PGError: CustomStringConvertible, CustomDebugStringConvertible {
  package var description: String {
    var text = "\(kind.rawValue) error"
    if let sqlstate { text += " \(sqlstate)" }
    text += ": \(publicMessage)"
    let names = [("table", table), ("column", column), ("constraint", constraint)]
    let known = names.compactMap { name, value in value.map { "\(name) \($0)" } }
    if !known.isEmpty { text += " (\(known.joined(separator: ", ")))" }
    if let statementIndex { text += " [statement \(statementIndex)]" }
    return text
  }

  package var debugDescription: String {
    let fields: [(String, String?)] = [
      ("severity", severity), ("message", message), ("detail", detail), ("hint", hint), ("schema", schema),
      ("type", dataType), ("context", context), ("routine", routine), ("position", position.map { String($0) }),
    ]
    return description + fields.compactMap { name, value in value.map { "\n  \(name): \($0)" } }.joined()
  }

  /// Data exceptions, and what functions raise, quote the value they refuse.
  private var publicMessage: String {
    guard let sqlstate, ["21", "22", "P0"].contains(sqlstate.prefix(2)) else { return message }
    return maskQuoted(message)
  }
}

/// Replaces what stands between double quotes, so that a message that quotes foreign input can be shown.
func maskQuoted(_ text: String) -> String {
  let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
  return parts.enumerated().map { index, part in index % 2 == 0 ? String(part) : "…" }.joined(separator: "\"")
}
