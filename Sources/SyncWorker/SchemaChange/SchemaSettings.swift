import SyncDomain

/// Limits of schema changes; the comments are the manual.
package struct SchemaSettings: Sendable {
  /// For a whole change, from its first attempt. Default: 60 s. A change in safe steps has it for its last one.
  package var deadline = Duration.seconds(60)
  /// For one statement in the target. Default: 30 s.
  package var statementTimeout = Duration.seconds(30)
  /// A table of at least this many bytes, indexes included, is changed in safe steps where there are some. Default: 64
  /// MB.
  package var largeTableBytes: Int64 = 64_000_000
  /// For a lock that a safe step needs for a moment: it is asked for again and again, with pauses that let others
  /// through. Default: 2 minutes.
  package var lockPatience = Duration.seconds(120)
  /// How often a change in safe steps begins when its target fails in passing; another has the deadline. Default: 3.
  package var safeAttempts = 3
  /// For one safe step that lets others read and write. Default: 10 minutes.
  package var stepTimeout = Duration.seconds(600)
  /// For a lock in the target; reads and writes of others queue behind a change that waits, so it is short. Default:
  /// 3 s, then the change lets go and tries again.
  package var lockTimeout = Duration.seconds(3)
  /// Between attempts when a target fails in passing. Default: 0.5, 1, 2, 4, 8 s with full jitter below, to the
  /// deadline.
  package var retry = RetryPolicy(steps: [0.5, 1, 2, 4, 8], cap: 8, attempts: nil, jitter: 0.5)

  package init() {}
}
