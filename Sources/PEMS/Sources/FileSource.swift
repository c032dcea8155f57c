import Runtime
import SyncDomain

/// Reads NDJSON or CSV from disk, also gzip, in pages (`file`).
///
/// The cursor is the place behind the last record; the open file is kept between pages, so that a compressed one is
/// read once. Its own thread does the reading. The file's time stands for the upstream's clock.
package actor FileSource: RecordSource {
  private let definition: SourceDefinition
  private let executor = ThreadExecutor(name: "file-source")
  private var open: (token: String, file: OpenFile)?

  /// A JSON line above this is rejected alone.
  static let lineLimit = 4 << 20

  package init(_ definition: SourceDefinition) { self.definition = definition }

  deinit { executor.stop() }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  package func page(_ request: PageRequest) async throws(SourceError) -> SourcePage {
    guard !Task.isCancelled else { throw SourceError(.cancelled, "\(definition.name): cancelled") }
    let file = try openFile(request)
    open = nil
    var mapper = RowMapper(definition, organization: request.organization)
    var page = SourcePage()
    var count = 0
    do throws(SourceError) {
      // A page of very long records ends early: memory is bounded by bytes as well (R22).
      let end = file.position + definition.maxResponseBytes
      while count < request.pageSize, file.position < end, try file.next(into: &page, &mapper) { count += 1 }
    } catch {
      throw SourceError(error.reason, "\(definition.name): \(error.message)", hint: error.hint)
    }
    try mapper.finish(&page, definition)
    page.serverTime = file.modifiedMilliseconds
    if let token = try file.token() {
      page.next = token
      open = (token, file)
    }
    return page
  }

  private func openFile(_ request: PageRequest) throws(SourceError) -> OpenFile {
    if let open, open.token == request.cursor { return open.file }
    guard !definition.path.contains("{organization}") || FileSource.isPathPart(request.organization) else {
      throw SourceError(
        .invalidOrganization, "\(definition.name): the organization's id can not be part of a path",
        hint: "give the organization a source of its own, whose path does not name {organization}")
    }
    let path = definition.path.replacing("{organization}", with: request.organization)
    let plain = path.hasSuffix(".gz") ? path.dropLast(3) : path[...]
    let isCSV = definition.format.map { $0 == .csv } ?? plain.lowercased().hasSuffix(".csv")
    let reader = try ByteReader(path: path, source: definition.name)
    let file = try OpenFile(reader, isCSV: isCSV, source: definition.name)
    if let cursor = request.cursor { try file.resume(cursor, source: definition.name) }
    return file
  }

  /// Leads nowhere else: no separator, no control character, and nothing hidden or above.
  private static func isPathPart(_ organization: String) -> Bool {
    !organization.hasPrefix(".") && organization.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x2F && $0 != 0x7F }
  }
}

/// A file between two records.
private final class OpenFile {
  private let reader: ByteReader
  private var csv: (reader: CSVReader, columns: [String])?
  private var line = 1

  init(_ reader: ByteReader, isCSV: Bool, source: String) throws(SourceError) {
    self.reader = reader
    guard isCSV else {
      for byte in [0xEF, 0xBB, 0xBF] as [UInt8] {
        guard try reader.peek() == byte else { break }
        _ = try reader.next()
      }
      return
    }
    var splitter = CSVReader()
    do throws(SourceError) {
      csv = (splitter, try splitter.header(reader) ?? [])
    } catch {
      throw SourceError(error.reason, "\(source): \(error.message)", hint: error.hint)
    }
    csv?.reader = splitter
    if let columns = csv?.columns, let twice = columns.first(where: { name in columns.count { $0 == name } > 1 }) {
      throw SourceError(.sourceInvalid, "\(source): line 1: the column \"\(twice)\" stands there twice")
    }
  }

  var modifiedMilliseconds: Int64 { reader.modifiedMilliseconds }

  /// Bytes read so far, after decompression.
  var position: Int { reader.position }

  /// nil at the end of the file.
  func token() throws(SourceError) -> String? {
    guard try reader.peek() != nil else { return nil }
    let members: [JSONValue.Member] = [
      .init("file", .string(reader.identity)), .init("line", .number(String(csv?.reader.line ?? line))),
      .init("offset", .number(String(reader.position))),
    ]
    return String(decoding: JSONValue.object(members).canonical(), as: UTF8.self)
  }

  func resume(_ token: String, source: String) throws(SourceError) {
    guard let value = try? JSONValue(parsing: Array(token.utf8)), let offset = value["offset"]?.integer,
      let line = value["line"]?.integer, let file = value["file"]?.string
    else { throw SourceError(.invalidCursor, "\(source): the checkpoint is not one of this source") }
    guard file == reader.identity else {
      throw SourceError(
        .invalidCursor, "\(source): the file has changed since the checkpoint", hint: "start a new run")
    }
    try reader.skip(to: Int(offset))
    self.line = Int(line)
    csv?.reader.resume(line: Int(line))
  }

  /// Adds the next record to the page; false at the end.
  func next(into page: inout SourcePage, _ mapper: inout RowMapper) throws(SourceError) -> Bool {
    if csv != nil { return try nextCSV(into: &page, &mapper) }
    while let (bytes, isCut) = try reader.line(limit: FileSource.lineLimit) {
      line += 1
      guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { continue }
      if isCut {
        page.rejected.append(reject(nil, bytes.prefix(200), "RECORD_TOO_LARGE"))
      } else {
        mapper.add(json: bytes[...], into: &page)
      }
      return true
    }
    return false
  }

  private func nextCSV(into page: inout SourcePage, _ mapper: inout RowMapper) throws(SourceError) -> Bool {
    guard let (reading, columns) = csv else { return false }
    var splitter = reading
    let record = try splitter.record(reader)
    csv = (splitter, columns)
    guard let record else { return false }
    guard record.fields.count == columns.count else {
      let text = record.fields.map(\.bytes).joined(separator: [splitter.separator])
      page.rejected.append(reject("line \(record.line)", text.prefix(1_000), IssueCode.invalidRecord))
      return true
    }
    var fields: [SourceField] = []
    for (name, field) in zip(columns, record.fields) {
      if field.bytes.isEmpty && !field.isQuoted {
        fields.append((name, .null))
      } else if let text = String(validating: field.bytes, as: UTF8.self) {
        fields.append((name, .text(text)))
      } else {
        page.rejected.append(reject(name, field.bytes.prefix(1_000), IssueCode.invalidUTF8))
        return true
      }
    }
    _ = mapper.add(fields, into: &page)
    return true
  }

  private func reject(_ field: String?, _ raw: some Sequence<UInt8>, _ code: String) -> FieldIssue {
    FieldIssue(pfaId: nil, field: field, code: code, raw: String(decoding: Array(raw), as: UTF8.self))
  }
}
