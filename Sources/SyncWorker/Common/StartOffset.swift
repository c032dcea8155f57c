/// Where a claimed partition goes on: pure.
package enum StartOffset {
  /// The stored offset, as long as the log has it. Below the log's start messages are gone, and behind its end the
  /// topic was made anew: both go on at the start, where nothing can be doubled.
  package static func decide(stored: Int64, low: Int64, high: Int64) -> (offset: Int64, isGap: Bool) {
    stored < low || stored > high ? (low, true) : (stored, false)
  }
}
