/// Why a page could not be read, or a record not written. Message and hint name no credential and no record.
package struct SourceError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// 401, 403, or an alert that says so: retrying makes it worse (R11).
    case upstreamAuth = "AUTH"
    /// No connection, or a status that says try later.
    case upstreamUnavailable = "UPSTREAM_UNAVAILABLE"
    case upstreamTimeout = "UPSTREAM_TIMEOUT"
    case upstreamRateLimited = "UPSTREAM_RATE_LIMITED"
    /// An ErrorAlert, also with HTTP 200 (R12).
    case upstreamErrorAlert = "UPSTREAM_ERROR_ALERT"
    /// Not JSON, half a page, or contradicting itself (R2).
    case upstreamInvalidAnswer = "UPSTREAM_INVALID_ANSWER"
    /// A status that says our request is wrong.
    case upstreamRefused = "UPSTREAM_REFUSED"
    /// A critical field is gone (R14).
    case schemaDrift = "SCHEMA_DRIFT"
    /// The end came before as many rows as the upstream had announced: nothing may be taken for gone (R1, R7).
    case incompleteRead = "INCOMPLETE_READ"
    /// More pages than `maxPages` (R1).
    case pageLimit = "PAGE_LIMIT"
    /// More bytes than `maxResponseBytes` (R22).
    case responseTooLarge = "RESPONSE_TOO_LARGE"
    /// No such source or grid.
    case sourceNotFound = "SOURCE_NOT_FOUND"
    /// No file at the source's path that can be read.
    case fileNotFound = "FILE_NOT_FOUND"
    /// The organization's id can not be part of the source's path.
    case invalidOrganization = "INVALID_ORGANIZATION"
    /// A variable or secret the source needs is not set.
    case sourceNotConfigured = "SOURCE_NOT_CONFIGURED"
    /// A file that breaks its format.
    case sourceInvalid = "SOURCE_INVALID"
    /// The cursor is not one of ours: a checkpoint of another source or version.
    case invalidCursor = "INVALID_CURSOR"
    /// Somebody changed the record since it was read: "modified by another user" (W3).
    case staleRecord = "STALE_RECORD"
    /// The upstream asks a question before it takes a change; nobody is there to answer it (W6).
    case confirmationRequired = "CONFIRMATION_REQUIRED"
    /// The screen has no field for what was edited.
    case writeNotMapped = "WRITE_NOT_MAPPED"
    /// Nobody says where an organization's edits go.
    case noWriteTarget = "NO_WRITE_TARGET"
    /// Nothing was asked: the upstream has failed too often in a row, and rests.
    case circuitOpen = "CIRCUIT_OPEN"
    case cancelled = "CANCELLED"
  }

  package let reason: Code
  package let message: String
  /// What to do; nil when there is nothing to say.
  package let hint: String?
  /// Whether the same page may succeed later.
  package let isTransient: Bool
  /// How long the upstream asks us to wait; nil when it does not say.
  package let retryAfter: Duration?
  /// Whether it is held against what was asked for; false when nothing was asked.
  package let costsAttempt: Bool

  /// The code as it is stored and shown.
  package var code: String { reason.rawValue }

  package init(
    _ reason: Code, _ message: String, hint: String? = nil, isTransient: Bool = false, retryAfter: Duration? = nil,
    costsAttempt: Bool = true
  ) {
    self.reason = reason
    self.message = message
    self.hint = hint
    self.isTransient = isTransient
    self.retryAfter = retryAfter
    self.costsAttempt = costsAttempt
  }

  /// A read of which fewer rows came than were announced. The same may succeed later: rows move while they are read.
  package static func incomplete(_ source: String, rows: Int64, announced: Int64) -> SourceError {
    SourceError(
      .incompleteRead, "\(source): the read ended after \(rows) of \(announced) rows",
      hint: "nothing is discontinued by it; ask the upstream why it withholds rows that it counts", isTransient: true)
  }

  /// The same of an upstream that nobody may ask for so long.
  func resting(_ rest: Duration) -> SourceError {
    SourceError(reason, message, hint: hint, isTransient: isTransient, retryAfter: rest)
  }

  /// Whether the upstream failed as a whole, as far as one request can tell: it gave no answer of its own.
  package var isOfUpstream: Bool {
    isTransient && ![.upstreamRateLimited, .circuitOpen, .incompleteRead].contains(reason)
  }

  package var description: String { "\(code): \(message)" + (hint.map { " (\($0))" } ?? "") }
}
