/// Decides whether to ask which records of an upstream page the mirror has already. Asking costs an index probe a
/// record; it pays where many are known, as in every full read after the first, and not while a table fills.
package struct KnownShare: Sendable {
  /// Below this share of known records asking costs more than it spares.
  private static let worthwhile = 0.1
  /// While it does not pay, one page of so many is asked about all the same: the rest of a read may be another matter.
  private static let interval = 8

  private var share = 1.0
  private var pagesSinceAsked = 0

  package init() {}

  /// Whether to ask about the next page.
  package mutating func isWorthAsking() -> Bool {
    pagesSinceAsked += 1
    guard share >= KnownShare.worthwhile || pagesSinceAsked >= KnownShare.interval else { return false }
    pagesSinceAsked = 0
    return true
  }

  /// What asking about a page has brought.
  package mutating func learn(known: Int, of records: Int) {
    share = records == 0 ? share : Double(known) / Double(records)
  }
}
