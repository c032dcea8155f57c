/// What one run of appends came to. Every attempt is in it: it appended or it was told that it came second.
struct AppendTally: Sendable, Equatable {
  var appended = 0
  /// Attempts refused with the actual version; each of them was made again.
  var conflicts = 0
  /// Of the appends with their repeats, summed over the sessions.
  var seconds = 0.0
  /// Of the whole run, from the first session's start to the last one's end.
  var elapsed = 0.0

  static func + (left: AppendTally, right: AppendTally) -> AppendTally {
    AppendTally(
      appended: left.appended + right.appended, conflicts: left.conflicts + right.conflicts,
      seconds: left.seconds + right.seconds, elapsed: left.elapsed + right.elapsed)
  }

  /// Appends in a second of the run.
  var rate: Double { elapsed > 0 ? Double(appended) / elapsed : 0 }
  /// Of all attempts, 0 to 1.
  var conflictShare: Double {
    appended + conflicts > 0 ? Double(conflicts) / Double(appended + conflicts) : 0
  }
  /// Of one append with its repeats.
  var meanMilliseconds: Double { appended > 0 ? seconds * 1_000 / Double(appended) : 0 }
}
