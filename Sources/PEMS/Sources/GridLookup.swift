import SyncDomain

/// A search for one record by its id, also in a grid that does not filter by it: pure.
///
/// Asked for an id, a grid answers with that record or with nothing. Any other row, or word of more, shows that the
/// filter is ignored: then the grid is gone through by position to its end, in the order of ids, which no update of a
/// record changes. Only a whole answer without the record means that there is none.
struct GridLookup {
  enum Progress {
    /// ``cursor`` and ``pageSize`` say what to ask for next.
    case open
    case found(UpstreamRecord)
    case missing
  }

  /// Rows asked for while nothing speaks against the filter.
  static let fewRows = 10

  let pfaId: String
  private let source: String
  private let wholePage: Int
  private(set) var progress = Progress.open
  private(set) var cursor: GridCursor
  private(set) var pageSize: Int
  /// Whether the grid filters by id; nil while no row has told.
  private(set) var filtersIds: Bool?

  /// Names of the rows so far.
  private var names: Set<String> = []
  private var lastName: String?
  /// A row came again that was not just there: positions were counted while rows moved.
  private var hasMoved = false
  /// Why the record can not be read, and a row without an id, which may be the record; nil: there is none.
  private var unreadable: String?
  private var nameless: String?
  /// The record's id came for another organization, and other rows of others.
  private var isElsewhere = false
  private var mixesOrganizations = false

  // Of the page.
  private var found: UpstreamRecord?
  private var newRows = 0

  /// `asksWidely`: the filter is known to be ignored, so that the first page is a whole one.
  init(_ definition: SourceDefinition, pfaId: String, asksWidely: Bool) {
    self.pfaId = pfaId
    source = definition.name
    wholePage = definition.pageSize
    pageSize = asksWidely ? wholePage : min(GridLookup.fewRows, wholePage)
    cursor = GridLookup.beginning(page: 0)
  }

  /// Takes the next row of the page: a record, or why it is none.
  mutating func take(_ record: CanonicalRecord, recordId: Int64?) {
    count(record.pfaId)
    guard record.pfaId == pfaId else {
      filtersIds = false
      return
    }
    filtersIds = filtersIds ?? true
    if let known = found?.record.order, let order = record.order, order < known { return }
    found = UpstreamRecord(record: record, recordId: recordId)
  }

  mutating func take(_ rejected: FieldIssue) {
    guard let id = rejected.pfaId else {
      count(nil)
      nameless = rejected.code
      return
    }
    let isForeign = rejected.code == IssueCode.organizationMismatch
    count(isForeign ? "\(rejected.raw ?? "")/\(id)" : id)
    if id != pfaId {
      filtersIds = false
      if isForeign { mixesOrganizations = true }
    } else if isForeign {
      isElsewhere = true
    } else {
      unreadable = rejected.code
    }
  }

  /// Ends the page, whose rows were taken before. Throws when the answer contradicts itself, when the record is there
  /// and can not be read, and, transient, when the end came and does not prove that the record is gone.
  mutating func end(_ step: GridPaging.Step) throws(SourceError) {
    if let found {
      progress = .found(found)
      return
    }
    if let unreadable { throw canNotBeRead(unreadable) }
    switch step {
    case .contradiction(let what): throw invalid(what)
    case .short(let announced, let rows): throw incomplete("ended after \(rows) of \(announced) rows")
    case .next(let next), .restart(let next):
      if pageSize < wholePage {
        // From the beginning: where positions are pages they mean another row now.
        self = GridLookup(asWideAs: self)
      } else if newRows == 0 {
        throw invalid("holds no row that was not there before: the position asked for is ignored")
      } else {
        (cursor, newRows) = (next, 0)
      }
    case .end:
      if hasMoved { throw incomplete("saw rows move") }
      // Where rows of others come anyway, one of them may well have the same id.
      if isElsewhere, !mixesOrganizations { throw canNotBeRead(IssueCode.organizationMismatch) }
      if let nameless { throw canNotBeRead(nameless, "a row that may be the record") }
      progress = .missing
    }
  }

  private init(asWideAs other: GridLookup) {
    pfaId = other.pfaId
    source = other.source
    wholePage = other.wholePage
    pageSize = wholePage
    cursor = GridLookup.beginning(page: other.cursor.page + 1)
    filtersIds = other.filtersIds
  }

  private static func beginning(page: Int) -> GridCursor {
    var cursor = GridCursor()
    cursor.page = page
    cursor.isByPosition = true
    return cursor
  }

  private mutating func count(_ name: String?) {
    guard let name else {
      newRows += 1
      return
    }
    if names.insert(name).inserted { newRows += 1 } else if name != lastName { hasMoved = true }
    lastName = name
  }

  private func invalid(_ what: String) -> SourceError {
    SourceError(.upstreamInvalidAnswer, "\(source): the answer \(what)", isTransient: true)
  }

  private func canNotBeRead(_ code: String, _ what: String = "the record") -> SourceError {
    SourceError(.upstreamInvalidAnswer, "\(source): \(what) can not be read: \(code)", hint: "mend it upstream")
  }

  private func incomplete(_ what: String) -> SourceError {
    SourceError(
      .incompleteRead, "\(source): the search for the record \(what)",
      hint: "it is not taken for gone; make the grid filter by id, or ask which rows it withholds", isTransient: true)
  }
}
