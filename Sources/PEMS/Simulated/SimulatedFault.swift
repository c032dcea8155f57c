/// Something that goes wrong with a page, a given number of times.
package struct SimulatedFault: Sendable {
  package enum Kind: Sendable, Equatable {
    /// A status with an optional Retry-After, sent as it is here.
    case status(Int, retryAfter: String? = nil)
    /// HTTP 200 with an ErrorAlert.
    case errorAlert(String)
    /// No answer until the client gives up or the simulation stops.
    case hang
    /// The connection is closed without an answer.
    case hangUp
    /// A complete HTTP answer with half the JSON.
    case truncate
    /// The connection breaks half-way through the answer.
    case cut
    /// Rows are missing although the page counts them.
    case partial
    /// No rows, but more are promised.
    case emptyPage
    /// No rows, and that is all.
    case emptyResult
    /// An answer after so many milliseconds.
    case slow(Int)
  }

  package var kind: Kind
  /// Which page of a read it hits, from 1; nil: each.
  package var page: Int?
  /// Whose read it hits; nil: everybody's.
  package var organization: String?
  /// How often it strikes.
  package var times: Int

  package init(_ kind: Kind, page: Int? = nil, organization: String? = nil, times: Int = 1) {
    self.kind = kind
    self.page = page
    self.organization = organization
    self.times = times
  }
}

/// How the simulation answers until it is told otherwise.
package struct SimulatedBehaviour: Sendable {
  /// No total in answers, and no `MORERECORDPRESENT`: the end is an empty page.
  package var dropsTotal = false
  /// Each page repeats the last row of the page before.
  package var duplicatesRows = false
  /// The sort order that was asked for is ignored: rows come by pfaId.
  package var ignoresSort = false
  /// The service's own limit of rows; nil: what is asked for.
  package var pageCap: Int?
  /// A column nobody knows, on every row; nil: none.
  package var newField: String?
  /// Columns served under another name.
  package var renamed: [String: String] = [:]
  /// Numbers in text have a decimal comma.
  package var decimalComma = false
  /// Every value in one spelling instead of all in turn.
  package var plainSpelling = false
  /// The service's clock, epoch milliseconds; nil: the machine's.
  package var serverTime: Int64?
  /// The value the header `Authorization` must have; nil: any.
  package var authorization: String?
  /// After this page of a read was served, the row is updated: it moves to the end while the read goes on.
  package var moves: [(page: Int, organization: String, pfaId: String)] = []

  package init() {}
}
