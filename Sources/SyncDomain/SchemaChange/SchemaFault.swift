/// Why a schema change is refused or failed: the code of its job and its audit row, and a line to read.
package struct SchemaFault: Error, Hashable, Sendable {
  /// `error_code` of jobs and audit rows; each is one answer of the contract's `schema apply`.
  package enum Code: String, CaseIterable, Sendable {
    case invalidChange = "INVALID_CHANGE"
    case confirmationRequired = "CONFIRMATION_REQUIRED"
    case tableTooLarge = "TABLE_TOO_LARGE"
    case projectNotFound = "PROJECT_NOT_FOUND"
    case versionConflict = "VERSION_CONFLICT"
    case projectLocked = "PROJECT_LOCKED"
    case deploymentMissing = "DEPLOYMENT_MISSING"
    case deploymentInactive = "DEPLOYMENT_INACTIVE"
    case targetUnconfigured = "TARGET_UNCONFIGURED"
    case targetUnreachable = "TARGET_UNREACHABLE"
    case targetDiverged = "TARGET_DIVERGED"
    case targetError = "TARGET_ERROR"
    case timeout = "TIMEOUT"

    /// What a web service would answer with.
    package var status: Int {
      switch self {
      case .invalidChange, .confirmationRequired, .tableTooLarge: 400
      case .projectNotFound: 404
      case .versionConflict: 409
      case .projectLocked: 423
      case .deploymentMissing, .deploymentInactive, .targetUnconfigured, .targetUnreachable, .targetDiverged,
        .targetError:
        500
      case .timeout: 504
      }
    }

    /// Milliseconds before the try after this many; nil: no further one (200 × 2^n, three times, for 409 and 423
    /// only).
    package func retryDelay(after tries: Int) -> Int64? {
      guard status == 409 || status == 423, (0..<3).contains(tries) else { return nil }
      return 200 << Int64(tries)
    }
  }

  package let code: Code
  /// Names tables and columns by their ids, never a value.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  static func invalid(_ message: String) -> SchemaFault { SchemaFault(.invalidChange, message) }
}
