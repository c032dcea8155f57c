import Testing

/// One thing the source tree must keep to, with a tree that breaks it and one that only looks as if it did.
struct Rule: Sendable, CustomTestStringConvertible {
  /// A place that breaks the rule; `line` counts from 1, nil when it is about the file as a whole.
  struct Finding: Equatable {
    var path: String
    var line: Int?
    var what: String

    init(_ path: String, _ line: Int? = nil, _ what: String = "") {
      self.path = path
      self.line = line
      self.what = what
    }
  }

  let name: String
  /// What to do about a finding.
  let advice: String
  /// Files by path that the rule must object to, exactly once.
  let broken: [String: String]
  /// Files by path that the rule must not object to.
  let sound: [String: String]
  let find: @Sendable (Repository) -> [Finding]

  var testDescription: String { name }

  /// The findings as one readable line each.
  func objections(to repository: Repository) -> [String] {
    find(repository).map { finding in
      let place = finding.line.map { "\(finding.path):\($0)" } ?? finding.path
      return "\(place): \(name)\(finding.what.isEmpty ? "" : " (\(finding.what))"): \(advice)"
    }
  }
}
