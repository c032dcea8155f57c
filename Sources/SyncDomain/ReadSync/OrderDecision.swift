/// Decides what an incoming record does to the row it belongs to: the newest (block, index) wins, as a pair (contract
/// 4.2).
package enum OrderDecision: String, Hashable, Sendable, CaseIterable {
  /// There is no row yet.
  case insert
  /// Newer, with other content.
  case update
  /// Newer, with the same content: only the order is stored, so that a record between the two does not come back.
  /// Counted as unchanged.
  case advance
  /// Nothing new.
  case unchanged
  /// Older than what the row holds.
  case stale

  /// What the row holds.
  package struct Existing: Hashable, Sendable {
    package let order: SourceOrder?
    package let hash: Int64
    /// Discontinued by our own orphan sweep, not by PEMS: the record was missing, so that a later run sees it again is
    /// news, whatever its order.
    package let swept: Bool

    package init(order: SourceOrder?, hash: Int64, swept: Bool = false) {
      self.order = order
      self.hash = hash
      self.swept = swept
    }
  }

  /// `existing` is nil when there is no row. Without an order on either side the content decides; a record without an
  /// order never beats a row with one by anything but its content, and leaves the row's order as it is.
  ///
  /// `isSeenSince`: the record comes with a page of a run that began after the row was swept. What comes again, or by
  /// itself, says nothing of PEMS since.
  package static func decide(
    existing: Existing?, order: SourceOrder?, hash: Int64, isSeenSince: Bool = true
  ) -> OrderDecision {
    guard let existing else { return .insert }
    let sameContent = existing.hash == hash
    let isBack = existing.swept && isSeenSince
    guard let order, let current = existing.order else {
      if !sameContent { return .update }
      if order == nil { return isBack ? .update : .unchanged }
      return existing.swept ? .update : .advance
    }
    if isBack { return .update }
    if order < current { return .stale }
    if order == current { return sameContent ? .unchanged : .stale }
    return sameContent && !existing.swept ? .advance : .update
  }
}
