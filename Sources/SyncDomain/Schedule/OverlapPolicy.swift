/// What happens when a firing is due and an earlier one of its lane has not ended.
package enum OverlapPolicy: String, CaseIterable, Sendable {
  /// It is left out.
  case skip
  /// It waits, one of a job at a time; a second one is left out.
  case queue
  /// The earlier one's job is cancelled.
  case replace

  /// What is under way in the lane of a firing.
  package struct Lane: Sendable, Equatable {
    /// A firing, or a job that somebody else asked for, has not ended.
    package var isBusy: Bool
    /// A firing of the same job waits already.
    package var hasWaiting: Bool
    /// What is under way can be cancelled: its job is known.
    package var canCancel: Bool

    package init(isBusy: Bool, hasWaiting: Bool = false, canCancel: Bool = false) {
      self.isBusy = isBusy
      self.hasWaiting = hasWaiting
      self.canCancel = canCancel
    }
  }

  package enum Decision: Sendable, Equatable {
    case start
    case wait
    case cancelAndStart
    /// Left out, and why.
    case skip(String)
  }

  package func decide(_ lane: Lane) -> Decision {
    guard lane.isBusy || lane.hasWaiting else { return .start }
    switch self {
    case .skip: return .skip("an earlier one has not ended")
    case .queue: return lane.hasWaiting ? .skip("one waits already") : .wait
    case .replace: return lane.canCancel ? .cancelAndStart : .skip("an earlier one was asked for and has not begun")
    }
  }
}
