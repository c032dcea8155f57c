import CZlib
import Glibc

/// Reads a plain or gzip file from front to back with a bounded buffer; the position counts bytes after decompression.
///
/// The one owner of zlib's handle. Blocks; used by one thread at a time.
final class ByteReader {
  private let file: gzFile
  private let path: String
  private var buffer = [UInt8](repeating: 0, count: 256 << 10)
  private var start = 0
  private var end = 0
  /// Of the next byte.
  private(set) var position = 0
  /// What tells this content from a later one under the same name.
  let identity: String
  /// Of the file's last change.
  let modifiedMilliseconds: Int64

  /// Throws FILE_NOT_FOUND when the file cannot be opened, or is none: a pipe might never end.
  init(path: String, source: String) throws(SourceError) {
    // A pipe would let the opening itself wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = gzdopen(descriptor, "rb")
    else {
      let reason = descriptor < 0 ? String(cString: strerror(errno)) : "not a regular file"
      if descriptor >= 0 { close(descriptor) }
      throw SourceError(.fileNotFound, "\(source): cannot read \(path): \(reason)", hint: "check path: of the source")
    }
    gzbuffer(file, 256 << 10)
    self.file = file
    self.path = path
    let modified = status.st_mtim
    identity = "\(status.st_size).\(modified.tv_sec).\(modified.tv_nsec)"
    modifiedMilliseconds = Int64(modified.tv_sec) * 1_000 + Int64(modified.tv_nsec) / 1_000_000
  }

  deinit { gzclose(file) }

  /// The next byte without taking it; nil at the end.
  @inline(__always)
  func peek() throws(SourceError) -> UInt8? {
    if start == end { try fill() }
    return start < end ? buffer[start] : nil
  }

  /// What is in the buffer behind the position; after a successful `peek` at least one byte.
  var ahead: ArraySlice<UInt8> { buffer[start..<end] }

  @inline(__always)
  func next() throws(SourceError) -> UInt8? {
    guard let byte = try peek() else { return nil }
    start += 1
    position += 1
    return byte
  }

  /// The next line without its line break, nil at the end. Of a line above `limit` bytes the beginning comes back
  /// with `isCut`, the rest is passed over.
  func line(limit: Int) throws(SourceError) -> (bytes: [UInt8], isCut: Bool)? {
    guard try peek() != nil else { return nil }
    var line: [UInt8] = []
    var isCut = false
    while try peek() != nil {
      let rest = buffer[start..<end]
      let stop = rest.firstIndex(of: 0x0A) ?? end
      let room = max(0, limit - line.count)
      line += rest[..<min(stop, start + room)]
      isCut = isCut || stop - start > room
      let taken = min(stop + 1, end) - start
      start += taken
      position += taken
      if stop < end { break }
    }
    if line.last == 0x0D { line.removeLast() }
    return (line, isCut)
  }

  /// Moves forward to a position; for gzip by decompressing.
  func skip(to target: Int) throws(SourceError) {
    while position < target, try peek() != nil {
      let count = min(end - start, target - position)
      start += count
      position += count
    }
    guard position == target else {
      throw SourceError(.invalidCursor, "the file is shorter than its checkpoint")
    }
  }

  private func fill() throws(SourceError) {
    let count = buffer.withUnsafeMutableBytes { gzread(file, $0.baseAddress, UInt32($0.count)) }
    var code: Int32 = 0
    let text = gzerror(file, &code).map { String(cString: $0) } ?? ""
    // At a cut zlib hands out what it has and only then says so.
    guard count >= 0, code == Z_OK || code == Z_STREAM_END || (code == Z_BUF_ERROR && count > 0) else {
      throw SourceError(
        .sourceInvalid, "\(path) is cut or damaged after byte \(position)", hint: text.isEmpty ? nil : "zlib: \(text)")
    }
    start = 0
    end = Int(count)
  }
}
