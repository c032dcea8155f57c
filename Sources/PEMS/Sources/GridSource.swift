import HTTP
import SyncDomain

/// Reads the grid service of PEMS, in either dialect.
///
/// Rows come sorted by (last-modified, pfaId) and the next page is asked for by the last row's key, so that nothing
/// is skipped while the data moves; only if the service does not sort as asked are rows counted over instead.
package struct GridSource: RecordSource {
  let client: UpstreamClient

  package init(_ definition: SourceDefinition, http: HTTPClient, clock: SourceClock = .system) {
    client = UpstreamClient(definition: definition, http: http, clock: clock)
  }

  var definition: SourceDefinition { client.definition }

  static let path = "/axis/restservices/griddata"

  package func page(_ request: PageRequest) async throws(SourceError) -> SourcePage {
    var cursor = GridCursor()
    if let token = request.cursor {
      guard let known = GridCursor(token: token) else {
        throw SourceError(.invalidCursor, "\(definition.name): the checkpoint is not one of this source")
      }
      cursor = known
    }
    guard cursor.page < definition.maxPages else {
      throw SourceError(
        .pageLimit, "\(definition.name): no end after \(definition.maxPages) pages", hint: "raise maxPages or pageSize")
    }
    let answer = try await ask(
      GridRequest(definition: definition, request: request, cursor: cursor), request.organization)
    return try read(answer, request, cursor)
  }

  func ask(_ request: GridRequest, _ organization: String) async throws(SourceError) -> HTTPResponse {
    try await client.send(
      HTTPRequest(
        "POST", definition.base(organization, without: GridSource.path) + GridSource.path,
        headers: ["Content-Type": "application/json", "Accept": "application/json"], body: request.body(),
        isRepeatable: true),
      organization: organization)
  }

  /// The answer's metadata and rows. Throws what an alert means, and when the answer is half a page; before a push also
  /// when the service asks a question.
  func parse(_ answer: HTTPResponse, beforePush: Bool = false) throws(SourceError) -> GridAnswer {
    let bytes = answer.body.span
    let grid: GridAnswer
    do throws(JSONSyntaxError) {
      grid = try GridAnswer(bytes)
    } catch {
      throw invalid("the answer breaks off or is not JSON, at byte \(error.offset) of \(bytes.count)")
    }
    guard grid.alerts.isEmpty else { throw client.alertError(grid.alerts) }
    if beforePush, !grid.questions.isEmpty { throw client.confirmationError(grid.questions) }
    guard grid.hasRows || grid.more == false || grid.total == 0 || grid.clientRows == 0 else {
      throw invalid("the answer holds no rows and no alert")
    }
    if let told = grid.clientRows, told != grid.rows.count {
      throw invalid("the page says it has \(told) rows and has \(grid.rows.count)")
    }
    return grid
  }

  private func read(
    _ answer: HTTPResponse, _ request: PageRequest, _ cursor: GridCursor
  ) throws(SourceError) -> SourcePage {
    let bytes = answer.body.span
    let grid = try parse(answer)
    var mapper = RowMapper(definition, organization: request.organization)
    var page = SourcePage()
    var progress = GridProgress(cursor)
    for row in grid.rows {
      do throws(JSONSyntaxError) {
        let fields = try GridRow.fields(bytes, at: row.lowerBound, columns: grid.columns)
        progress.count(mapper.add(fields ?? [], into: &page))
      } catch {
        throw invalid("a row is not JSON, at byte \(error.offset)")
      }
    }
    try mapper.finish(&page, definition)
    page.serverTime = grid.serverTime ?? client.serverTime(answer)
    page.total = grid.total.map { cursor.seen + max(0, $0 - cursor.skip) }
    page.next = try next(grid, cursor, progress)
    return page
  }

  /// nil at the end. The end must have been said or seen: a page that is merely short is not one (R1, R2).
  private func next(
    _ grid: GridAnswer, _ cursor: GridCursor, _ progress: GridProgress
  ) throws(SourceError) -> String? {
    let rows = grid.rows.count
    let left = grid.total.map { $0 - cursor.skip - rows }
    if rows == 0 {
      if grid.more == true { throw invalid("the answer says there is more and holds no rows") }
      if let left, left > 0 { throw invalid("the answer is empty and \(left) rows are missing") }
      return nil
    }
    if progress.isBeforeStart {
      throw invalid("the answer ignores the filter on \(definition.readFields.lastModified)")
    }
    if grid.more == false {
      if let left, left > 0 { throw invalid("the answer says it is the last and \(left) rows are missing") }
      return nil
    }
    if grid.more == nil, let left, left <= 0 { return nil }
    return progress.next().token
  }

  func invalid(_ what: String) -> SourceError {
    SourceError(.upstreamInvalidAnswer, "\(definition.name): \(what)", isTransient: true)
  }
}

/// Follows the keys of a page's rows to know where the next page begins.
private struct GridProgress {
  private let start: GridCursor
  private var last: GridCursor.Key?
  private var rows = 0
  private var rowsBehindLast = 0
  private var isSorted = true
  /// A row is older than the page was asked to begin.
  private(set) var isBeforeStart = false

  init(_ start: GridCursor) { self.start = start }

  /// `key` is nil for a row without one.
  mutating func count(_ key: GridCursor.Key?) {
    rows += 1
    guard let key else {
      rowsBehindLast += 1
      return
    }
    // Ids are compared by nobody but the service, whose collation is not ours.
    if let last, key.lastModified < last.lastModified { isSorted = false }
    if let after = start.after, key.lastModified < after.lastModified { isBeforeStart = true }
    last = key
    rowsBehindLast = 0
  }

  func next() -> GridCursor {
    var next = start
    next.page += 1
    next.seen += rows
    if isSorted, let last, last != start.after {
      next.after = last
      next.skip = rowsBehindLast
    } else {
      next.skip += rows
    }
    return next
  }
}
