import HTTP
import SyncDomain

extension GridSource {
  /// One record by organization and id; nil when the grid has none. Asks once.
  package func record(organization: String, pfaId: String) async throws(SourceError) -> UpstreamRecord? {
    let request = PageRequest(organization: organization, mode: .manual, pageSize: 10)
    let answer = try await ask(
      GridRequest(definition: definition, request: request, cursor: GridCursor(), pfaId: pfaId), organization)
    let grid = try parse(answer, beforePush: true)
    var mapper = RowMapper(definition, organization: organization)
    var page = SourcePage()
    var found: UpstreamRecord?
    for row in grid.rows {
      let before = page.records.count
      let fields: [SourceField]?
      do throws(JSONSyntaxError) {
        fields = try GridRow.fields(answer.body.span, at: row.lowerBound, columns: grid.columns)
      } catch {
        throw invalid("a row is not JSON, at byte \(error.offset)")
      }
      _ = mapper.add(fields ?? [], into: &page)
      // Whatever the service makes of the filter, only this record is taken for it.
      guard page.records.count > before, let record = page.records.last, record.pfaId == pfaId else { continue }
      if let known = found?.record.order, let order = record.order, order < known { continue }
      found = UpstreamRecord(record: record, recordId: mapper.recordId)
    }
    try mapper.finish(&page, definition)
    if found == nil, let rejected = page.rejected.first {
      throw SourceError(
        .upstreamInvalidAnswer, "\(definition.name): the record can not be read: \(rejected.code)",
        hint: "mend it upstream")
    }
    return found
  }
}
