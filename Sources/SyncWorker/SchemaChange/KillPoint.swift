import Glibc

/// A named moment of a schema change at which a worker can be told to die, to prove that another one goes on.
package enum KillPoint: String, CaseIterable, Sendable {
  /// The change is valid, nothing is locked.
  case validated
  /// The lease is taken and the attempt written down, the target knows nothing.
  case leased
  /// The statements have run in the target and are not committed.
  case executed
  /// The target has the change, the master does not.
  case committed
  /// Master and target have the change.
  case finished

  /// The variable that names one; unset in production.
  package static let variable = "SYNCLINE_KILL_POINT"

  /// Ends this process at once, as `kill -9` does, if it was told to die here.
  func pass(_ chosen: KillPoint?) {
    if chosen == self { kill(getpid(), SIGKILL) }
  }
}
