import Glibc

/// A descriptor for writing a new file that only its owner may read; the caller closes it. Throws `FileError`, also
/// when the file is there already.
package func createFile(_ path: String) throws(FileError) -> Int32 {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { throw FileError(path: path, cause: systemMessage(errno)) }
  return descriptor
}
