import Glibc
import Testing

@testable import Runtime

struct ProcessLockTests {
  @Test("One holder at a time, who is named; what it left behind is the next one's to read")
  func lock() throws {
    try withFile("") { path in
      var first: ProcessLock? = try ProcessLock(path: path)
      #expect(first?.notes == "")
      first?.note("A=1\nB=2\n")
      #expect(throws: ProcessLock.Held(pid: getpid(), notes: "A=1\nB=2\n")) { try ProcessLock(path: path) }
      first = nil
      let second = try ProcessLock(path: path)
      #expect(second.notes == "A=1\nB=2\n")
      second.note("C")
      #expect(try readTextFile(path) == "\(getpid())\nC")
    }
  }

  @Test("A number left in the file by a process that is gone locks nobody out")
  func stale() throws {
    try withFile("1\nrest") { path in
      let lock = try ProcessLock(path: path)
      #expect(lock.notes == "rest")
    }
  }

  @Test("A lasting trouble is one line, another cause another one, and its end is told")
  func complaint() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let complaint = Complaint("the outbox waits", log: Log(format: .text, descriptor: ends[1]))
    complaint.settle()
    for cause in ["a", "a", "b", "b", "a"] { complaint.tell(cause) }
    complaint.settle()
    complaint.settle()
    complaint.tell("b", with: [("offset", "7")])
    close(ends[1])
    var buffer = [UInt8](repeating: 0, count: 4000)
    let count = read(ends[0], &buffer, buffer.count)
    close(ends[0])
    let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map { $0.dropFirst(25) }
    #expect(
      lines == [
        "WARNING the outbox waits cause=a", "WARNING the outbox waits cause=b", "INFO over: the outbox waits",
        "WARNING the outbox waits offset=7 cause=b",
      ])
  }
}
