import Glibc

/// A lock that goes with its process, however that ends: `flock` on a file that says who holds it.
package final class ProcessLock: Sendable {
  /// Who holds a lock that was not to be had; nil: it has not said so yet.
  package struct Held: Error, Equatable {
    package let pid: Int32?
    /// What it has left in the file.
    package var notes = ""
  }

  private let descriptor: Int32
  /// What the last holder left in the file, without its process id.
  package let notes: String

  /// Takes the lock at once or not at all, making the file when it is not there. Throws ``Held``, and FileError when
  /// the file can not be used.
  package init(path: String) throws {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw FileError(path: path, cause: systemMessage(errno)) }
    let text = ProcessLock.read(file)
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw Held(pid: lines.first.flatMap { Int32($0) }, notes: lines.count > 1 ? String(lines[1]) : "")
    }
    descriptor = file
    notes = lines.count > 1 ? String(lines[1]) : ""
    note(notes)
  }

  /// Leaves something for the next holder.
  package func note(_ text: String) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { return }
    writeAll(descriptor, Array("\(getpid())\n\(text)".utf8))
  }

  deinit { close(descriptor) }

  private static func read(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = pread(file, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
