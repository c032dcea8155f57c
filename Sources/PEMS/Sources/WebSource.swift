import HTTP
import SyncDomain

/// Reads a JSON array, an object that holds one, or NDJSON behind a paged URL (`http-json`).
///
/// `{organization}`, `{pageSize}` and `{since}` in the URL are filled in. The next page is named by a Link header, by
/// `next` in the answer, or counted in the parameter `pageParameter`, then until an empty page.
package struct WebSource: RecordSource {
  private let client: UpstreamClient

  package init(_ definition: SourceDefinition, http: HTTPClient, clock: SourceClock = .system) {
    client = UpstreamClient(definition: definition, http: http, clock: clock)
  }

  private var definition: SourceDefinition { client.definition }

  package func page(_ request: PageRequest) async throws(SourceError) -> SourcePage {
    let first = firstURL(request)
    let cursor = try WebCursor(token: request.cursor, definition)
    guard cursor.page < definition.maxPages else {
      throw SourceError(
        .pageLimit, "\(definition.name): no end after \(definition.maxPages) pages", hint: "raise maxPages or pageSize")
    }
    var url = cursor.next ?? first
    if let parameter = definition.pageParameter {
      url += (url.contains("?") ? "&" : "?") + "\(PercentEncoding.segment(parameter))=\(cursor.page + 1)"
    }
    // A checkpoint is kept in a table: it must not be a way to send our credentials elsewhere.
    guard HTTPOrigin(url) == HTTPOrigin(first) else {
      throw SourceError(.upstreamRefused, "\(definition.name): the next page is on another host; not followed")
    }
    let answer = try await client.send(
      HTTPRequest("GET", url, headers: ["Accept": "application/json, application/x-ndjson"]),
      organization: request.organization)
    return try read(answer, url, cursor, request)
  }

  private func read(
    _ answer: HTTPResponse, _ url: String, _ cursor: WebCursor, _ request: PageRequest
  ) throws(SourceError) -> SourcePage {
    let list: JSONRecordList
    do throws(JSONSyntaxError) {
      list = try JSONRecordList(answer.body)
    } catch {
      throw SourceError(
        .upstreamInvalidAnswer,
        "\(definition.name): the answer breaks off or is not JSON, at byte \(error.offset) of \(answer.body.count)",
        isTransient: true)
    }
    guard list.alerts.isEmpty else { throw client.alertError(list.alerts) }
    var mapper = RowMapper(definition, organization: request.organization)
    var page = SourcePage()
    for range in list.records { mapper.add(json: answer.body[range], into: &page) }
    try mapper.finish(&page, definition)
    page.total = list.total
    page.serverTime = list.serverTime ?? client.serverTime(answer)
    var next = WebCursor(page: cursor.page + 1)
    if let parameter = definition.pageParameter {
      guard !list.records.isEmpty else { return page }
      let rows = XXH64.hash(list.records.flatMap { answer.body[$0] })
      guard rows != cursor.rows else {
        throw SourceError(
          .upstreamInvalidAnswer,
          "\(definition.name): page \(cursor.page + 1) holds the same records as the one before it",
          hint:
            "does the upstream count its pages by the parameter \(parameter)? correct pageParameter, or leave it out")
      }
      next.rows = rows
      page.next = next.token
    } else if let target = WebSource.linkedNext(answer.headers) ?? list.next {
      guard let absolute = WebSource.resolve(target, against: url), absolute != url else {
        throw SourceError(
          .upstreamInvalidAnswer, "\(definition.name): the answer names no usable next page", isTransient: true)
      }
      next.next = absolute
      page.next = next.token
    }
    return page
  }

  private func firstURL(_ request: PageRequest) -> String {
    definition.url.replacing("{organization}", with: PercentEncoding.segment(request.organization))
      .replacing("{pageSize}", with: String(request.pageSize))
      .replacing("{since}", with: request.watermark.map { PercentEncoding.segment(InstantSpelling.text($0)) } ?? "")
  }

  /// The target of `Link: <…>; rel="next"` (RFC 8288); nil when there is none.
  static func linkedNext(_ headers: HTTPHeaders) -> String? {
    for field in headers.fields where field.name.lowercased() == "link" {
      // A comma may stand inside a target, so the links are found by their brackets.
      var rest = field.value[...]
      while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
        let target = rest[rest.index(after: open)..<close]
        rest = rest[rest.index(after: close)...]
        let parameters = rest.prefix { $0 != "<" }
        let relations = parameters.split(separator: ";").map { $0.filter { !" \t\",".contains($0) }.lowercased() }
        if relations.contains("rel=next") { return String(target) }
      }
    }
    return nil
  }

  /// Absolute URLs, absolute paths and mere queries; nil for other relative forms, which nobody sends here.
  static func resolve(_ target: String, against url: String) -> String? {
    if target.contains("://") { return HTTPOrigin(target) == nil ? nil : target }
    guard let origin = HTTPOrigin(url), let scheme = url.firstRange(of: "://") else { return nil }
    if target.hasPrefix("/"), !target.hasPrefix("//") {
      let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      return "\(origin.scheme)://\(authority)\(target)"
    }
    if target.hasPrefix("?") { return url.prefix { $0 != "?" && $0 != "#" } + target }
    return nil
  }
}

/// Where a read over the web stands.
private struct WebCursor {
  var page = 0
  var next: String?
  /// A hash of the records of the page before, where pages are counted: an upstream that does not would give them again
  /// and again.
  var rows: UInt64?

  init(page: Int) { self.page = page }

  init(token: String?, _ definition: SourceDefinition) throws(SourceError) {
    guard let token else { return }
    guard let value = try? JSONValue(parsing: Array(token.utf8)), let page = value["page"]?.integer, page >= 0 else {
      throw SourceError(.invalidCursor, "\(definition.name): the checkpoint is not one of this source")
    }
    self.page = Int(page)
    next = value["next"]?.string
    rows = value["rows"]?.string.flatMap { UInt64($0, radix: 16) }
  }

  var token: String {
    var members = [JSONValue.Member("page", .number(String(page)))]
    if let next { members.append(.init("next", .string(next))) }
    if let rows { members.append(.init("rows", .string(String(rows, radix: 16)))) }
    return String(decoding: JSONValue.object(members).canonical(), as: UTF8.self)
  }
}
