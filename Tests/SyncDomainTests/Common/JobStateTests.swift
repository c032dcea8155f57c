import SyncDomain
import Testing

@Suite struct JobStateTests {
  /// domain.md section 3, one line each.
  private static let allowed: Set<String> = [
    "queued>running", "queued>cancelled",
    "running>succeeded", "running>failed", "running>cancelled", "running>retrying", "running>awaiting_approval",
    "retrying>running", "retrying>cancelled", "retrying>failed",
    "awaiting_approval>running", "awaiting_approval>cancelled", "awaiting_approval>failed",
  ]

  @Test("every pair of states is allowed or refused as written")
  func matrix() {
    for from in JobState.allCases {
      for to in JobState.allCases {
        let pair = "\(from.rawValue)>\(to.rawValue)"
        #expect(from.canBecome(to) == JobStateTests.allowed.contains(pair), "\(pair)")
      }
    }
    #expect(JobState.allCases.filter(\.isFinal) == [.succeeded, .failed, .cancelled])
  }
}
