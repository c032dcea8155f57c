/// What kind of failure something was, which decides who deals with it.
package enum FailureClass: String, CaseIterable, Sendable {
  /// Gone by itself as a rule: the same again, later.
  case transient
  /// One record can not be stored: find it and reject it alone.
  case data
  /// Somebody else changed the same thing: read again, then decide again.
  case conflict
  /// Our idea of the tables is not the database's.
  case schema
  /// The same again would fail again.
  case permanent

  /// Whether waiting and doing the same again may help.
  package var isRetryable: Bool { self == .transient || self == .conflict }

  /// Of a Postgres error. nil (no SQLSTATE: the connection is gone) is transient.
  package static func classify(sqlstate: String?) -> FailureClass {
    guard let sqlstate, sqlstate.utf8.count == 5 else { return .transient }
    switch sqlstate {
    // Serialization failure, deadlock: nothing was done, the whole transaction again.
    case "40001", "40P01": return .transient
    // Lock not available, object in use.
    case "55P03", "55006": return .transient
    // Idle in transaction, transaction timeout: the session is gone, nothing was done.
    case "25P03", "25P04": return .transient
    // Two sessions inserted the same key at once; exclusion likewise.
    case "23505", "23P01": return .conflict
    // A cached plan of an old shape, a statement that is not there: prepare again.
    case "0A000", "26000": return .schema
    // Program limits (an index row too large, too many columns) are met by one record.
    case "54000", "54001": return .data
    // The database was dropped.
    case "57P04": return .permanent
    default: break
    }
    switch sqlstate.prefix(2) {
    case "08", "40", "53", "57", "58": return .transient
    case "22", "23", "21", "44": return .data
    case "42", "3F", "3D": return sqlstate == "42501" ? .permanent : .schema
    default: return .permanent
    }
  }

  /// Of an HTTP answer. nil (no answer: timeout or connection lost) is transient. 2xx is nobody's failure and must
  /// not be asked about.
  package static func classify(httpStatus: Int?) -> FailureClass {
    switch httpStatus {
    case nil, 408, 425, 429, 500, 502, 503, 504: .transient
    case 409, 412: .conflict
    case 400, 413, 422: .data
    case .some(let status) where status > 504: .transient
    default: .permanent
    }
  }
}
