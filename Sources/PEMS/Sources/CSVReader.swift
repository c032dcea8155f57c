/// Splits CSV (RFC 4180) into records: quoted fields with doubled quotes and line breaks, LF or CRLF, a byte order
/// mark, comma or semicolon.
struct CSVReader {
  /// One field's bytes, and whether it was quoted: then an empty one is text, not nothing.
  struct Field: Equatable {
    var bytes: [UInt8] = []
    var isQuoted = false
  }

  struct Record: Equatable {
    var fields: [Field] = []
    /// Where it begins, from 1.
    var line = 1
  }

  /// More than any record has; a quote that is never closed would otherwise swallow the file.
  static let recordLimit = 4 << 20

  /// `,` or `;`.
  private(set) var separator: UInt8 = 0x2C
  /// The line the next record begins on, from 1.
  private(set) var line = 1

  /// The first record: the names of the columns. A semicolon separates when there is no comma. nil for an empty file.
  mutating func header(_ reader: ByteReader) throws(SourceError) -> [String]? {
    for byte in [0xEF, 0xBB, 0xBF] as [UInt8] {
      guard try reader.peek() == byte else { break }
      _ = try reader.next()
    }
    guard try reader.peek() != nil else { return nil }
    separator = CSVReader.separator(of: reader.ahead)
    guard let names = try record(reader)?.fields else { return nil }
    return names.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// The next record that is not an empty line; nil at the end. Throws SOURCE_INVALID, with the line, for quotes out
  /// of place.
  mutating func record(_ reader: ByteReader) throws(SourceError) -> Record? {
    while let first = try reader.peek(), first == 0x0A || first == 0x0D {
      _ = try reader.next()
      if first == 0x0A { line += 1 }
    }
    guard try reader.peek() != nil else { return nil }
    var record = Record(fields: [], line: line)
    let begin = reader.position
    while true {
      let (field, more) = try field(reader, in: record, begin)
      record.fields.append(field)
      if !more { return record }
    }
  }

  /// A semicolon when the first line has one outside of quotes and no comma there.
  private static func separator(of bytes: ArraySlice<UInt8>) -> UInt8 {
    var isQuoted = false
    var hasSemicolon = false
    for byte in bytes {
      switch byte {
      case 0x22: isQuoted.toggle()
      case 0x0A where !isQuoted: return hasSemicolon ? 0x3B : 0x2C
      case 0x2C where !isQuoted: return 0x2C
      case 0x3B where !isQuoted: hasSemicolon = true
      default: break
      }
    }
    return hasSemicolon ? 0x3B : 0x2C
  }

  /// Goes on behind a checkpoint.
  mutating func resume(line: Int) { self.line = line }

  /// One field and whether another one follows in the record.
  private mutating func field(
    _ reader: ByteReader, in record: Record, _ begin: Int
  ) throws(SourceError) -> (Field, more: Bool) {
    var field = Field()
    if try reader.peek() == 0x22 {
      field.isQuoted = true
      _ = try reader.next()
      try quoted(reader, into: &field, record, begin)
    }
    while let byte = try reader.next() {
      switch byte {
      case separator: return (field, true)
      case 0x0A:
        line += 1
        return (field, false)
      case 0x0D where try reader.peek() == 0x0A: break
      default:
        guard !field.isQuoted else { throw fault(record, "text after a closing quote") }
        guard byte != 0x22 else { throw fault(record, "a quote inside a field that does not begin with one") }
        guard reader.position - begin <= CSVReader.recordLimit else { throw fault(record, "the record has no end") }
        field.bytes.append(byte)
      }
    }
    return (field, false)
  }

  private mutating func quoted(
    _ reader: ByteReader, into field: inout Field, _ record: Record, _ begin: Int
  ) throws(SourceError) {
    while let byte = try reader.next() {
      if byte == 0x22 {
        guard try reader.peek() == 0x22 else { return }
        _ = try reader.next()
      } else if byte == 0x0A {
        line += 1
      }
      guard reader.position - begin <= CSVReader.recordLimit else { break }
      field.bytes.append(byte)
    }
    throw fault(record, "a quoted field is never closed")
  }

  private func fault(_ record: Record, _ message: String) -> SourceError {
    SourceError(
      .sourceInvalid, "line \(record.line), field \(record.fields.count + 1): \(message)",
      hint: "nothing after this line can be trusted; correct the file")
  }
}
