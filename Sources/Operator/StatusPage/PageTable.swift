/// A column of a table on the page.
struct PageColumn<Row> {
  let label: String
  /// Numbers stand at the right, below each other.
  var isNumber = false
  let cell: (Row) -> HTML

  init(_ label: String, isNumber: Bool = false, _ cell: @escaping (Row) -> HTML) {
    self.label = label
    self.isNumber = isNumber
    self.cell = cell
  }
}

/// Rows as a table; on a narrow screen each row becomes a card with its labels, and the roles keep it a table for those
/// who listen. Pure.
enum PageTable {
  /// `caption` names the table for those who do not see it; `empty` stands in its place when there are no rows.
  static func html<Row>(_ caption: String, _ columns: [PageColumn<Row>], _ rows: [Row], empty: String) -> HTML {
    guard !rows.isEmpty else { return "<p class=\"note\">\(empty)</p>" }
    let head = columns.map { column -> HTML in
      "<th role=\"columnheader\" scope=\"col\"\(kind(column))>\(column.label)</th>"
    }
    let body = rows.map { row -> HTML in
      let cells = columns.map { column -> HTML in
        "<td role=\"cell\" data-label=\"\(column.label)\"\(kind(column))><span>\(column.cell(row))</span></td>"
      }
      return "<tr role=\"row\">\(cells)</tr>\n"
    }
    return """
      <table role="table"><caption>\(caption)</caption>
      <thead role="rowgroup"><tr role="row">\(head)</tr></thead>
      <tbody role="rowgroup">
      \(body)</tbody></table>
      """
  }

  private static func kind<Row>(_ column: PageColumn<Row>) -> HTML { column.isNumber ? " class=\"number\"" : .empty }
}
