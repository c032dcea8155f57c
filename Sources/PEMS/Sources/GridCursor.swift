import SyncDomain

/// Where a grid read stands: behind which record, and how many rows after that.
///
/// The next page is asked for by the last record's (last-modified, pfaId), so that rows which move or vanish
/// meanwhile shift nothing (R3), and a lost session or a crash goes on from there (R21, R23). Rows that have no
/// last-modified can only be counted over: `skip`. So are all rows of a service that does not filter or sort as asked.
struct GridCursor: Equatable {
  struct Key: Equatable {
    /// Epoch milliseconds.
    let lastModified: Int64
    let pfaId: String
  }

  /// The end of the pages that were asked for by position, without a key: nothing before it can have been withheld.
  struct Place: Equatable {
    /// As `skip`.
    var skip = 0
    /// As `seen`.
    var rows = 0
    /// The row before it; nil when it has no key.
    var last: Key?
    /// Rows that the page before it had less than was asked for: so many may come again if the service counts rows that
    /// it does not show.
    var missing = 0
  }

  /// nil: from the beginning.
  var after: Key?
  /// Rows to leave out behind `after`; pages to leave out when the service counts pages.
  var skip = 0
  /// Pages read before, for the page limit.
  var page = 0
  /// Rows read before, each as often as it came.
  var seen = 0
  /// Rows of the whole read, as answers to questions without a key tell it; nil when none told.
  var total: Int?
  var known = Place()
  /// Rest of the read: by position, no keys any more.
  var isByPosition = false
  /// `CURSOR_POSITION` is the number of a page for this service.
  var countsPages = false

  init() {}

  /// nil when the text is not a cursor of this kind.
  init?(token: String) {
    guard let value = try? JSONValue(parsing: Array(token.utf8)),
      let skip = GridCursor.count(value["skip"]), let page = GridCursor.count(value["page"]),
      let seen = GridCursor.count(value["seen"])
    else { return nil }
    self.seen = seen
    self.skip = skip
    self.page = page
    if let time = value["after"]?.integer {
      guard let pfaId = value["id"]?.string else { return nil }
      after = Key(lastModified: time, pfaId: pfaId)
    }
    // Checkpoints of earlier versions have none of these.
    total = GridCursor.count(value["total"])
    known = Place(
      skip: GridCursor.count(value["knownSkip"]) ?? 0, rows: GridCursor.count(value["knownRows"]) ?? 0,
      missing: GridCursor.count(value["knownMissing"]) ?? 0)
    if let time = value["knownAfter"]?.integer, let pfaId = value["knownId"]?.string {
      known.last = Key(lastModified: time, pfaId: pfaId)
    }
    if case .bool(true)? = value["byPosition"] { isByPosition = true }
    if case .bool(true)? = value["countsPages"] { countsPages = true }
  }

  var token: String {
    var members = [("page", page), ("seen", seen), ("skip", skip)].map(GridCursor.member)
    if let after {
      members += [.init("after", .number(String(after.lastModified))), .init("id", .string(after.pfaId))]
    }
    if let total { members.append(GridCursor.member("total", total)) }
    let place = [("knownSkip", known.skip), ("knownRows", known.rows), ("knownMissing", known.missing)]
    members += place.filter { $0.1 > 0 }.map(GridCursor.member)
    if let last = known.last {
      members += [.init("knownAfter", .number(String(last.lastModified))), .init("knownId", .string(last.pfaId))]
    }
    if isByPosition { members.append(.init("byPosition", .bool(true))) }
    if countsPages { members.append(.init("countsPages", .bool(true))) }
    return String(decoding: JSONValue.object(members).canonical(), as: UTF8.self)
  }

  private static func member(_ name: String, _ count: Int) -> JSONValue.Member {
    .init(name, .number(String(count)))
  }

  private static func count(_ value: JSONValue?) -> Int? { value?.integer.flatMap { $0 >= 0 ? Int($0) : nil } }
}
