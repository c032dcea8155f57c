import HTTP
import SyncDomain

/// Reads the grid service of PEMS, in either dialect.
///
/// Rows come sorted by (last-modified, pfaId) and the next page is asked for by the last row's key, so that nothing
/// is skipped while the data moves; only if the service does not sort and filter as asked are rows counted over
/// instead.
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
    try checkLimit(cursor)
    let answer = try await ask(
      GridRequest(definition: definition, request: request, cursor: cursor), request.organization)
    let grid = try parse(answer)
    var (page, paging) = try read(answer, grid, request, cursor)
    var step = paging.step(grid)
    if case .short(let announced, _) = step {
      // Rows may have gone since they were announced. Rare, so that nobody waits for the rate limit once more.
      step = paging.step(grid, counted: try await total(request) ?? announced)
    }
    switch step {
    case .end(let total): page.total = total
    case .next(let next): (page.total, page.next) = (next.total, next.token)
    case .restart(let next):
      page = SourcePage()
      (page.serverTime, page.total, page.next) = (serverTime(grid, answer), next.total, next.token)
    case .contradiction(let what): throw invalid("the answer \(what)")
    case .short(let announced, let rows):
      throw .incomplete(definition.name, rows: Int64(rows), announced: Int64(announced))
    }
    return page
  }

  /// Throws PAGE_LIMIT when as many pages as are allowed were read.
  func checkLimit(_ cursor: GridCursor) throws(SourceError) {
    guard cursor.page < definition.maxPages else {
      throw SourceError(
        .pageLimit, "\(definition.name): no end after \(definition.maxPages) pages", hint: "raise maxPages or pageSize")
    }
  }

  /// Rows of the whole read as the service counts them now; nil when it does not tell.
  private func total(_ request: PageRequest) async throws(SourceError) -> Int? {
    var request = request
    request.pageSize = 1
    return try parse(
      await ask(
        GridRequest(definition: definition, request: request, cursor: GridCursor()), request.organization)
    ).total
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
    _ answer: HTTPResponse, _ grid: GridAnswer, _ request: PageRequest, _ cursor: GridCursor
  ) throws(SourceError) -> (SourcePage, GridPaging) {
    let bytes = answer.body.span
    var mapper = RowMapper(definition, organization: request.organization)
    var page = SourcePage()
    var paging = GridPaging(cursor, dialect: definition.dialect, pageSize: request.pageSize)
    for row in grid.rows {
      do throws(JSONSyntaxError) {
        let fields = try GridRow.fields(bytes, at: row.lowerBound, columns: grid.columns)
        paging.count(mapper.add(fields ?? [], into: &page))
      } catch {
        throw invalid("a row is not JSON, at byte \(error.offset)")
      }
    }
    try mapper.finish(&page, definition)
    page.serverTime = serverTime(grid, answer)
    return (page, paging)
  }

  private func serverTime(_ grid: GridAnswer, _ answer: HTTPResponse) -> Int64? {
    grid.serverTime ?? client.serverTime(answer)
  }

  func invalid(_ what: String) -> SourceError {
    SourceError(.upstreamInvalidAnswer, "\(definition.name): \(what)", isTransient: true)
  }
}
