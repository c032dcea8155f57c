/// Whether a complete full read may discontinue the active records it did not see (R7, R18, contract 4.7): pure.
package enum SweepGuard: Hashable, Sendable {
  /// Everything was seen.
  case nothing
  case sweep
  /// Nothing came: that proves nothing about what is gone.
  case empty
  /// Too many would go, or they may be rows that could not be read: a person decides.
  case ask

  /// - Parameters:
  ///   - received: records of the run, rejected ones too.
  ///   - active: active records of the organization before the sweep.
  ///   - orphans: those of them that the run did not see.
  ///   - unreadable: records of the run that were rejected without a readable id; each may be one of the orphans.
  ///   - share: the largest part of `active` that may go unasked, 0 to 1.
  package static func decide(
    received: Int64, active: Int64, orphans: Int64, unreadable: Int64 = 0, share: Double, isApproved: Bool
  ) -> SweepGuard {
    if orphans == 0 { return .nothing }
    if received == 0 { return .empty }
    if isApproved { return .sweep }
    return unreadable == 0 && Double(orphans) <= Double(active) * share ? .sweep : .ask
  }

  /// Whether a complete full read must be taken for incomplete, because it met fewer rows than were announced (R1, R3).
  ///
  /// A list may hold a row twice, which then counts twice in what is announced. That is believed only while nothing
  /// moved that could have hidden another row, and nothing would be discontinued on the strength of it.
  ///
  /// - Parameters:
  ///   - announced: rows of the upstream; nil when it does not tell.
  ///   - met: ids seen, each once, and rejected rows.
  ///   - isStill: no row of the read is newer than its beginning.
  package static func isIncomplete(announced: Int64?, met: Int64, orphans: Int64, isStill: Bool) -> Bool {
    guard let announced, met < announced else { return false }
    return orphans > 0 || !isStill
  }

  /// What the person is asked, once the guard has said ``ask``.
  package static func question(active: Int64, orphans: Int64, unreadable: Int64 = 0) -> (code: String, message: String)
  {
    let approval = "discontinuing them needs an approval"
    if unreadable > 0 {
      return (
        "UNREADABLE_ROWS",
        "\(orphans) of \(active) active records were not seen, but \(unreadable) rows came without a readable id and "
          + "may be among them; \(approval)"
      )
    }
    return ("MASS_DISCONTINUE", "\(orphans) of \(active) active records are gone upstream; \(approval)")
  }
}
