/// Which dead letter a message was published again for, and which time that was: the header `syncline_dead_letter`,
/// `7/2` for the second replay of letter 7.
package struct DeadLetterReplay: Hashable, Sendable {
  package static let header = "syncline_dead_letter"

  package let letter: Int64
  /// From 1.
  package let number: Int32

  package init(letter: Int64, number: Int32) {
    self.letter = letter
    self.number = number
  }

  /// Nil when it is not what ``text`` writes. A header proves nothing: whether the letter is about this message is
  /// looked up.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let letter = Int64(parts[0]), let number = Int32(parts[1]), letter > 0, number > 0 else {
      return nil
    }
    self.init(letter: letter, number: number)
  }

  package var text: String { "\(letter)/\(number)" }
}
