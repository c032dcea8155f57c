/// Where a job stands (`sync_job.state`), and which steps are allowed. The database enforces the same pairs.
package enum JobState: String, CaseIterable, Sendable {
  case queued, running, retrying
  case awaitingApproval = "awaiting_approval"
  case succeeded, failed, cancelled

  /// The states that may follow.
  package var successors: Set<JobState> {
    switch self {
    case .queued: [.running, .cancelled]
    case .running: [.succeeded, .failed, .cancelled, .retrying, .awaitingApproval]
    case .retrying, .awaitingApproval: [.running, .cancelled, .failed]
    case .succeeded, .failed, .cancelled: []
    }
  }

  package func canBecome(_ next: JobState) -> Bool { successors.contains(next) }

  /// Nothing follows any more.
  package var isFinal: Bool { successors.isEmpty }
}
