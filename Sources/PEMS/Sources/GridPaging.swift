/// Follows the rows of a page, and decides where the read goes on: pure.
///
/// Pages are asked for by key as long as the service does what a key needs: it sorts, filters by it, and counts what is
/// behind it. When it does not, the rest is read by position with the filters of the first page, from the last place
/// that is known to be complete; rows that come twice are told apart by their order when they are applied (R3, R4).
struct GridPaging {
  enum Step: Equatable {
    /// The end was said or seen, and as many rows came as were announced.
    case end(total: Int?)
    case next(GridCursor)
    /// The page proves nothing and is not taken: its rows come again.
    case restart(GridCursor)
    /// The page contradicts itself.
    case contradiction(String)
    /// Fewer rows came, or would come, than were announced.
    case short(announced: Int, rows: Int)
  }

  private let cursor: GridCursor
  private let isCursorDialect: Bool
  private let pageSize: Int
  private var last: GridCursor.Key?
  private var rows = 0
  private var rowsBehindLast = 0
  /// Rows at the beginning that only come again because the page before was short.
  private var repeated = 0
  private var isSorted = true
  /// A row stands before the key, or the key's own not at the edge, where a service may repeat it.
  private var ignoresKey = false
  private var repeatsKey = false

  init(_ cursor: GridCursor, dialect: SourceDefinition.Dialect, pageSize: Int) {
    self.cursor = cursor
    self.pageSize = pageSize
    isCursorDialect = dialect == .cursor
  }

  /// Adds the next row; `key` is nil for a row without one.
  mutating func count(_ key: GridCursor.Key?) {
    rows += 1
    guard let key else {
      rowsBehindLast += 1
      return
    }
    // Ids are compared by nobody but the service, whose collation is not ours.
    if let last, key.lastModified < last.lastModified { isSorted = false }
    if let after = cursor.after {
      if key.lastModified < after.lastModified || key == after && rows > 1 { ignoresKey = true }
      if key == after { repeatsKey = true }
    }
    if cursor.after == nil, key == cursor.known.last, rows <= cursor.known.missing { repeated = rows }
    last = key
    rowsBehindLast = 0
  }

  /// Rows of the whole read so far.
  private var seen: Int { cursor.seen + rows - repeated }

  /// What to do after the page. `counted` is the total asked for anew, without a key, once the step was ``Step/short``.
  func step(_ grid: GridAnswer, counted: Int? = nil) -> Step {
    if rows == 0, grid.more == true { return .contradiction("says there is more and holds no rows") }
    if cursor.after == nil, cursor.skip > 0, rows > 1, let last, last == cursor.known.last {
      return .contradiction("ends with the row that the page before ended with: the position asked for is ignored")
    }
    guard !ignoresKey, isSorted || cursor.after == nil else { return restart(cursor.total) }
    let announced = counted ?? cursor.total ?? (cursor.after == nil ? grid.total : nil)
    if let announced, let behind = rowsBehindKey(grid), behind < announced {
      return counted == nil ? .short(announced: announced, rows: behind) : restart(announced)
    }
    let left = left(grid)
    if let left, left > 0 {
      if rows == 0 { return .contradiction("is empty and \(left) rows are missing") }
      if grid.more == false { return .contradiction("says it is the last and \(left) rows are missing") }
    }
    guard rows == 0 || grid.more == false || grid.more == nil && (left ?? 1) <= 0 else {
      // Nothing but the row before: the service knows no other condition than "not older".
      return rows == 1 && repeatsKey ? restart(announced) : .next(next(grid, announced))
    }
    guard let announced, seen < announced else { return .end(total: announced) }
    // What was asked for by key may have been withheld; what was asked for by position was not there.
    guard counted != nil, cursor.after != nil else { return .short(announced: announced, rows: seen) }
    return restart(announced)
  }

  /// Rows before the key and those the answer tells are behind it; nil when it does not tell.
  private func rowsBehindKey(_ grid: GridAnswer) -> Int? {
    guard cursor.after != nil, let told = grid.total else { return nil }
    return cursor.seen + max(0, told - cursor.skip)
  }

  /// Rows behind this page; nil when the answer does not tell.
  private func left(_ grid: GridAnswer) -> Int? {
    guard let told = grid.total else { return nil }
    guard cursor.after != nil else { return told - (countsPages(grid) ? seen : position(grid)) }
    // Some tell the same total whatever the key.
    if let total = cursor.total, told >= total { return nil }
    return told - cursor.skip - rows
  }

  private func next(_ grid: GridAnswer, _ announced: Int?) -> GridCursor {
    var next = cursor
    next.page += 1
    next.seen = seen
    next.total = announced
    if cursor.after == nil {
      next.skip = position(grid)
      next.known = GridCursor.Place(
        skip: next.skip, rows: next.seen, last: last, missing: max(0, pageSize - rows))
      next.countsPages = countsPages(grid)
      next.isByPosition = cursor.isByPosition || !isSorted
    } else {
      next.skip += rows
    }
    if !next.isByPosition, let last, last != cursor.after {
      next.after = last
      next.skip = rowsBehindLast
    }
    return next
  }

  private func restart(_ announced: Int?) -> Step {
    var next = cursor
    next.page += 1
    next.after = nil
    next.skip = cursor.known.skip
    next.seen = cursor.known.rows
    next.total = announced
    next.isByPosition = true
    return .restart(next)
  }

  /// The position of the page's last row: the service's own word for it, as long as no row is left out by that.
  private func position(_ grid: GridAnswer) -> Int {
    guard isCursorDialect, let told = grid.position, told > cursor.skip else { return cursor.skip + rows }
    return min(told, cursor.skip + rows)
  }

  /// The next page is one behind the position told: where that is the one asked for, pages are what is counted.
  private func countsPages(_ grid: GridAnswer) -> Bool {
    cursor.countsPages || isCursorDialect && rows > 1 && grid.position == cursor.skip + 1
  }
}
