import Glibc

/// What a process was told about ``CrashPoint``s: `NAME` or `NAME:n` to die at its n-th pass, `list` to tell each pass
/// on standard error.
package struct CrashOrder: Sendable, Equatable {
  package enum Step: Sendable, Equatable { case goOn, tell, die }

  /// Nil: every point is told.
  private let point: CrashPoint?
  private var passesLeft: Int

  /// Nil for a text that names nothing.
  package init?(_ text: String) {
    if text == "list" {
      (point, passesLeft) = (nil, 0)
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let point = CrashPoint(rawValue: String(parts[0])), let passes = parts.count == 1 ? 1 : Int(parts[1]),
      passes > 0
    else { return nil }
    (self.point, passesLeft) = (point, passes)
  }

  /// What a pass comes to: pure.
  package mutating func step(_ passed: CrashPoint) -> Step {
    guard let point else { return .tell }
    guard point == passed else { return .goOn }
    passesLeft -= 1
    return passesLeft == 0 ? .die : .goOn
  }

  mutating func pass(_ passed: CrashPoint) {
    switch step(passed) {
    case .goOn: return
    case .tell: writeAll(STDERR_FILENO, Array("crash point \(passed.rawValue)\n".utf8))
    case .die: kill(getpid(), SIGKILL)
    }
  }
}
