import Glibc

/// Writes all bytes to a descriptor, going on after short writes and interrupts and waiting while a non-blocking one is
/// full. Blocks.
///
/// Returns 0, or the `errno` of the write that failed. A logger ignores it (a closed standard error must not stop a
/// worker); whoever writes data does not.
@discardableResult
package func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
  var done = 0
  while done < bytes.count {
    let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 {
      done += count
      continue
    }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&waiting, 1, -1)
    default: return errno
    }
  }
  return 0
}

/// Makes a file of its own with this text, readable by us alone. Blocks. Throws also when there is one already.
package func writeTextFile(_ path: String, _ text: String) throws(SystemFailure) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { throw SystemFailure("cannot write \(path): \(systemMessage(errno))") }
  defer { close(descriptor) }
  let code = writeAll(descriptor, Array(text.utf8))
  guard code == 0 else { throw SystemFailure("cannot write \(path): \(systemMessage(code))") }
}
