/// A part of the product under simulation: its real pure machines, and a model of everything around them.
///
/// A world has no chance, clock or order of its own: each step is one of its actions with a seed, so that any part of a
/// run is a run too. An action that is not possible at the moment does nothing.
protocol World {
  /// What can happen.
  associatedtype Action: Hashable, CaseIterable, Sendable
  /// Defects that can be planted, to see that the simulation finds them.
  associatedtype Defect: Hashable, CaseIterable, Sendable

  /// For the output.
  static var name: String { get }
  /// How often something happens, as a weight. A run multiplies it at random.
  static func weight(_ action: Action) -> Int
  /// Faults: some runs do without them.
  static func isFault(_ action: Action) -> Bool

  init(_ chance: inout Chance, defect: Defect?)

  /// What has happened so far, for people; empty unless a story is wanted.
  var story: Story { get set }

  mutating func perform(_ action: Action, _ chance: inout Chance)

  /// No faults from here on: everybody goes on until nothing is left to do. Returns what is wrong when that does not
  /// come about.
  mutating func settle(_ chance: inout Chance) -> Violation?

  /// What must hold after each step; nil when it does.
  func check() -> Violation?
  /// What must hold once everything has settled.
  func checkEnd() -> Violation?
}

/// A rule that was broken.
struct Violation: Hashable, Sendable, CustomStringConvertible {
  let rule: String
  let detail: String

  init(_ rule: String, _ detail: String) {
    self.rule = rule
    self.detail = detail
  }

  var description: String { "\(rule): \(detail)" }
}

/// Lines that tell what a run did.
struct Story: Sendable {
  var isWanted = false
  private(set) var lines: [String] = []

  mutating func tell(_ line: @autoclosure () -> String) {
    if isWanted { lines.append(line()) }
  }
}
