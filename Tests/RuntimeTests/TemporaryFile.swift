import Glibc
import Runtime

/// A file with this text for the time of `body`.
func withFile<Result>(_ text: String, _ body: (String) throws -> Result) rethrows -> Result {
  var template = Array("/tmp/syncline-test-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  writeAll(descriptor, Array(text.utf8))
  close(descriptor)
  defer { unlink(path) }
  return try body(path)
}
