/// Runs of a world: made from a seed, checked after each step, and shrunk when one fails.
struct Simulation<W: World> {
  struct Step: Sendable {
    let action: W.Action
    let seed: UInt64
  }

  /// Everything that determines a run.
  struct Run: Sendable {
    let seed: UInt64
    var steps: [Step]
  }

  struct Failure: Sendable {
    let violation: Violation
    /// The step after which it showed; nil: at the end.
    let step: Int?
  }

  var defect: W.Defect?

  /// A run with weights of its own: each kind of fault is switched off in two of five runs, everything else is up to
  /// eightfold.
  func run(seed: UInt64) -> Run {
    var chance = Chance(seed)
    let actions = Array(W.Action.allCases)
    let weights = actions.map { action in
      W.isFault(action) && chance.below(5) < 2 ? 0 : W.weight(action) * (1 << chance.below(4))
    }
    let length = 20 + chance.below(chance.isOne(in: 4) ? 500 : 120)
    let steps = (0..<length).compactMap { _ in
      chance.index(by: weights).map { Step(action: actions[$0], seed: chance.next()) }
    }
    return Run(seed: seed, steps: steps)
  }

  /// Nil when all rules hold.
  func failure(of run: Run) -> Failure? {
    var story = Story()
    return perform(run, &story)
  }

  private func perform(_ run: Run, _ story: inout Story) -> Failure? {
    var chance = Chance(run.seed ^ 0x5EED)
    var world = W(&chance, defect: defect)
    world.story = story
    defer { story = world.story }
    for (index, step) in run.steps.enumerated() {
      var chance = Chance(step.seed)
      world.perform(step.action, &chance)
      if let violation = world.check() { return Failure(violation: violation, step: index) }
    }
    world.story.tell("-- no more faults")
    let violation = world.settle(&chance) ?? world.check() ?? world.checkEnd()
    return violation.map { Failure(violation: $0, step: nil) }
  }

  /// A shorter run that breaks the same rule: steps are left out, in halves first, one by one in the end.
  func shrunk(_ run: Run, _ failure: Failure, budget: Int = 3_000) -> Run {
    var best = run
    if let step = failure.step { best.steps = Array(run.steps.prefix(step + 1)) }
    var left = budget
    var size = max(1, best.steps.count / 2)
    while left > 0 {
      var hasShrunk = false
      var start = 0
      while start < best.steps.count, left > 0 {
        left -= 1
        var candidate = best
        candidate.steps.removeSubrange(start..<min(start + size, best.steps.count))
        if let found = self.failure(of: candidate), found.violation.rule == failure.violation.rule {
          if let step = found.step { candidate.steps = Array(candidate.steps.prefix(step + 1)) }
          best = candidate
          hasShrunk = true
        } else {
          start += size
        }
      }
      if size == 1 && !hasShrunk { break }
      if !hasShrunk { size = max(1, size / 2) }
    }
    return best
  }

  /// What a failing run looks like to people: the rule, the way to replay it, and the shortest story that breaks it.
  func report(_ run: Run, _ failure: Failure) -> String {
    let short = shrunk(run, failure)
    var story = Story()
    story.isWanted = true
    let last = perform(short, &story)
    let lines = [
      "\(W.name): \(failure.violation)",
      "replay: make simulate SEED=\(run.seed)",
      "\(run.steps.count) steps, shrunk to \(short.steps.count): "
        + short.steps.map { "\($0.action)" }.joined(separator: " "),
    ]
    return (lines + story.lines.map { "  " + $0 } + ["  => \(last ?? failure)"]).joined(separator: "\n")
  }
}

extension Simulation.Failure: CustomStringConvertible {
  var description: String { violation.description }
}
