import HTTP
import SyncDomain

extension GridSource {
  /// Goes one page on in the search for a record: asks once.
  func look(_ lookup: GridLookup, organization: String) async throws(SourceError) -> GridLookup {
    try checkLimit(lookup.cursor)
    var lookup = lookup
    let request = PageRequest(organization: organization, mode: .manual, pageSize: lookup.pageSize)
    let answer = try await ask(
      GridRequest(definition: definition, request: request, cursor: lookup.cursor, pfaId: lookup.pfaId), organization)
    let grid = try parse(answer, beforePush: true)
    var mapper = RowMapper(definition, organization: organization)
    var paging = GridPaging(lookup.cursor, dialect: definition.dialect, pageSize: request.pageSize)
    for row in grid.rows {
      // None of the rows is kept but the record.
      var single = SourcePage()
      do throws(JSONSyntaxError) {
        let fields = try GridRow.fields(answer.body.span, at: row.lowerBound, columns: grid.columns)
        paging.count(mapper.add(fields ?? [], into: &single))
      } catch {
        throw invalid("a row is not JSON, at byte \(error.offset)")
      }
      if let record = single.records.last { lookup.take(record, recordId: mapper.recordId) }
      if let issue = single.rejected.last { lookup.take(issue) }
    }
    var page = SourcePage()
    try mapper.finish(&page, definition)
    try lookup.end(paging.step(grid))
    return lookup
  }
}
