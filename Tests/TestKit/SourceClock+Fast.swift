import PEMS

extension SourceClock {
  /// Waits a hundredth of what it is asked to.
  package static let hundredfold: SourceClock = {
    let real = SourceClock.system
    return SourceClock(
      now: { real.now() * 100 }, wallSeconds: real.wallSeconds, sleep: { try await Task.sleep(for: $0 / 100) })
  }()
}
