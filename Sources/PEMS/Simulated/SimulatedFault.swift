/// Something that goes wrong with a page, or with a change, a given number of times.
package struct SimulatedFault: Sendable {
  package enum Kind: Sendable, Equatable {
    /// A status with an optional Retry-After, sent as it is here.
    case status(Int, retryAfter: String? = nil)
    /// HTTP 200 with an ErrorAlert.
    case errorAlert(String)
    /// HTTP 200 with this JSON, and nothing done.
    case answer(String)
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
    /// An answer once this task has ended.
    case after(Task<Void, Never>)
    /// A change that somebody else's touch of the record came before, so that its update counter is another.
    case stale
    /// A change that is taken, and no answer until the client gives up.
    case acceptAndHang
    /// A change that is taken, and the connection is closed without an answer.
    case acceptAndHangUp
    /// A change that is answered with a question instead of taken.
    case confirmation(String)
  }

  package var kind: Kind
  /// Which page of a read it hits, from 1; nil: each.
  package var page: Int?
  /// Whose read it hits; nil: everybody's.
  package var organization: String?
  /// Whether it hits changes; otherwise it hits reads.
  package var isOfWrites: Bool
  /// Which record's change it hits; nil: any.
  package var pfaId: String?
  /// How often it strikes.
  package var times: Int

  package init(_ kind: Kind, page: Int? = nil, organization: String? = nil, times: Int = 1) {
    self.kind = kind
    self.page = page
    self.organization = organization
    self.isOfWrites = false
    self.times = times
  }

  /// One that strikes changes of records.
  package static func ofWrites(
    _ kind: Kind, organization: String? = nil, pfaId: String? = nil, times: Int = 1
  ) -> SimulatedFault {
    var fault = SimulatedFault(kind, organization: organization, times: times)
    fault.isOfWrites = true
    fault.pfaId = pfaId
    return fault
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
  /// Of all filters only the organization's is applied.
  package var filtersOrganizationOnly = false
  /// The organization's filter is ignored: rows of all organizations come.
  package var mixesOrganizations = false
  /// Rows are sorted by last-modified whatever is asked, those of one time by falling pfaId.
  package var sortsByTimeOnly = false
  /// All filters are joined by AND: groups and OR are not known.
  package var ignoresGroups = false
  /// `CURSOR_POSITION` is the number of a page.
  package var countsPages = false
  /// Always the first page, wherever it is asked to begin.
  package var ignoresPosition = false
  /// The total stands in the first page's answer only.
  package var tellsTotalOnce = false
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
  /// Rows, by organization, that are counted and never served.
  package var withheld: [String: Set<String>] = [:]
  /// After this page of a read was served, the row is updated: it moves to the end while the read goes on.
  package var moves: [(page: Int, organization: String, pfaId: String)] = []

  package init() {}
}
