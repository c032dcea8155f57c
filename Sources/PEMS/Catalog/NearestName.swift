/// Finds what somebody probably meant to write.
package enum NearestName {
  /// The candidate with the fewest edits, when they are few enough to be a slip; nil otherwise. Case does not count.
  package static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
    let limit = name.count < 4 ? 1 : max(2, name.count / 3)
    let ranked = candidates.map { (distance(name.lowercased(), $0.lowercased()), $0) }.sorted { $0 < $1 }
    guard let best = ranked.first, best.0 <= limit else { return nil }
    return best.1
  }

  /// Levenshtein distance. The name comes from a file, so its length is bounded first.
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8.prefix(64)), Array(right.utf8.prefix(64)))
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let substituted = diagonal + (byte == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
      }
    }
    return row[right.count]
  }
}
