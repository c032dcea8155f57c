import SyncDomain

/// The body of a grid request in either dialect.
struct GridRequest {
  let definition: SourceDefinition
  let request: PageRequest
  let cursor: GridCursor
  /// The only record that is wanted; nil: all of the organization.
  var pfaId: String?

  /// One condition; conditions of a group are joined by OR, groups by AND.
  private struct Filter {
    let field: String
    let filterOperator: String
    let value: String
    var joiner = "AND"
    var opensGroup = false
    var closesGroup = false
  }

  func body() -> [UInt8] {
    let fields = definition.readFields
    var grid: [JSONValue.Member] = [
      .init("GRID_NAME", .string(definition.grid)),
      .init("NUMBER_OF_ROWS_FIRST_RETURNED", .number(String(request.pageSize))),
      .init("LOCALIZE_RESULT", .bool(false)),
    ]
    switch definition.dialect {
    case .cursor: grid.append(.init("CURSOR_POSITION", .number(String(cursor.skip + 1))))
    case .rowset:
      grid.append(.init("ROW_OFFSET", .number(String(cursor.skip))))
      grid.append(.init("ROW_COUNT", .number(String(request.pageSize))))
    }
    // A search for one record by position needs an order that no update changes.
    let order = pfaId == nil ? [fields.lastModified, fields.pfaId] : [fields.pfaId]
    let sort = order.enumerated().map { index, name in
      JSONValue.object([
        .init("ALIAS_NAME", .string(name)), .init("TYPE", .string("ASC")), .init("SEQNUM", .number(String(index + 1))),
      ])
    }
    return JSONValue.object([
      .init("GRID", .object(grid)),
      .init("GRID_TYPE", .object([.init("TYPE", .string("LIST"))])),
      .init("REQUEST_TYPE", .string("LIST.HEAD_DATA.STORED")),
      .init("MULTIADDON_SORT", .object([.init("MADDON_SORT", .array(sort))])),
      .init("MULTIADDON_FILTERS", .object([.init("MADDON_FILTER", .array(filters().enumerated().map(json)))])),
    ]).canonical()
  }

  private func filters() -> [Filter] {
    let fields = definition.readFields
    // `=`: with BEGINS, organization RIO would read RIO2 as well (R17).
    var filters = [Filter(field: fields.organization, filterOperator: "=", value: request.organization)]
    if let pfaId { filters.append(Filter(field: fields.pfaId, filterOperator: "=", value: pfaId)) }
    // `>=` on both: equal timestamps must not fall between two runs or pages (R6).
    let from = [request.watermark, cursor.after?.lastModified].compactMap { $0 }.max()
    if let from {
      filters.append(Filter(field: fields.lastModified, filterOperator: ">=", value: InstantSpelling.text(from)))
    }
    if let key = cursor.after {
      filters.append(
        Filter(
          field: fields.lastModified, filterOperator: ">", value: InstantSpelling.text(key.lastModified),
          opensGroup: true))
      filters.append(
        Filter(field: fields.pfaId, filterOperator: ">", value: key.pfaId, joiner: "OR", closesGroup: true))
    }
    return filters
  }

  private func json(_ index: Int, _ filter: Filter) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("ALIAS_NAME", .string(filter.field)), .init("OPERATOR", .string(filter.filterOperator)),
      .init("VALUE", .string(filter.value)), .init("SEQNUM", .number(String(index + 1))),
      .init("JOINER", .string(filter.joiner)),
    ]
    if filter.opensGroup { members.append(.init("LPAREN", .bool(true))) }
    if filter.closesGroup { members.append(.init("RPAREN", .bool(true))) }
    return .object(members)
  }
}
