/// One scene of the demo: a headline, and what happens.
struct DemoStep: Sendable {
  let title: String
  /// Throws when something is not as it should be.
  let play: @Sendable (DemoStage) async throws -> Void

  init(_ title: String, _ play: @escaping @Sendable (DemoStage) async throws -> Void) {
    self.title = title
    self.play = play
  }
}

/// The scenes in order. A new one is one more value here; it finds what those before it left.
enum DemoStory {
  static let steps: [DemoStep] = [
    .fullSync, .totals, .incrementalSync, .badInput, .edits, .schemaChange, .tables, .tour,
  ]

  /// The organization most of it is about, and one beside it that must not notice.
  static let organization = "RIO"
  static let neighbour = "SFO"
  static let neighbourRecords = 120
}
