import Glibc

/// What the process was started with.
package enum Environment {
  /// The environment variables; of a name given twice the first counts, as in `getenv`. Bytes that are not UTF-8 are
  /// repaired.
  package static func current() -> [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        let name = String(pair[..<equals])
        if result[name] == nil { result[name] = String(pair[pair.index(after: equals)...]) }
      }
      entry += 1
    }
    return result
  }

  /// One variable; nil when it is not set.
  package static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// The name of the login that runs this process; nil when the system has none for it. Blocks.
package func loginName() -> String? {
  var entry = passwd()
  var found: UnsafeMutablePointer<passwd>?
  var texts = [CChar](repeating: 0, count: 16_384)
  guard getpwuid_r(geteuid(), &entry, &texts, texts.count, &found) == 0, let name = found?.pointee.pw_name else {
    return nil
  }
  return String(cString: name)
}

/// Why a file could not be read, in the system's words.
package struct FileError: Error, Equatable, CustomStringConvertible {
  package let path: String
  package let cause: String

  package var description: String { "cannot read \(path): \(cause)" }
}

/// The text of a small file (a setting, a secret); pipes work too. Blocks. Throws when it cannot be read, is longer
/// than `limit` bytes or is not UTF-8.
package func readTextFile(_ path: String, limit: Int = 1 << 20) throws(FileError) -> String {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: path, cause: systemMessage(errno)) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw FileError(path: path, cause: systemMessage(errno)) }
    if count == 0 { break }
    bytes += chunk[..<count]
    guard bytes.count <= limit else { throw FileError(path: path, cause: "longer than \(limit) bytes") }
  }
  guard let text = String(validating: bytes, as: UTF8.self) else { throw FileError(path: path, cause: "not UTF-8") }
  return text
}

/// The system's text for an `errno` value.
package func systemMessage(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
}
