import Testing

@testable import Runtime

struct ServiceGroupStateTests {
  private struct Broken: Error {}

  /// A group of `count` services that all run.
  private func running(_ count: Int) -> ServiceGroupState {
    var state = ServiceGroupState(count: count)
    var actions = state.handle(.begin)
    for index in 0..<count {
      #expect(actions == [.start(index)])
      actions = state.handle(.started(index))
    }
    #expect(actions == [])
    return state
  }

  @Test("Services start one after the other and drain in reverse order")
  func order() {
    var state = running(3)
    #expect(state.handle(.stopRequested) == [.armDrainDeadline, .drain(2)])
    #expect(state.handle(.ended(2, nil)) == [.drain(1)])
    #expect(state.handle(.ended(1, nil)) == [.drain(0)])
    #expect(state.handle(.ended(0, nil)) == [.finish(abandoned: [])])
    #expect(state.failure == nil && state.finished == nil)
  }

  @Test("A failure stops the others and is kept; later ones do not replace it")
  func failure() {
    var state = running(3)
    #expect(state.handle(.ended(1, Broken())) == [.armDrainDeadline, .drain(2)])
    #expect(state.handle(.ended(2, CancellationError())) == [.drain(0)])
    #expect(state.handle(.ended(0, Broken())) == [.finish(abandoned: [])])
    #expect(state.failure?.service == 1)
  }

  @Test("A service that fails to start stops those before it; those after it never start")
  func failedStart() {
    var state = ServiceGroupState(count: 3)
    _ = state.handle(.begin)
    #expect(state.handle(.started(0)) == [.start(1)])
    #expect(state.handle(.ended(1, Broken())) == [.armDrainDeadline, .drain(0)])
    #expect(state.handle(.ended(0, nil)) == [.finish(abandoned: [])])
    #expect(state.failure?.service == 1)
  }

  @Test("A service that is still starting is cancelled, not drained")
  func stopWhileStarting() {
    var state = ServiceGroupState(count: 2)
    _ = state.handle(.begin)
    _ = state.handle(.started(0))
    #expect(state.handle(.stopRequested) == [.armDrainDeadline, .cancel(1)])
    #expect(state.handle(.started(1)) == [])
    #expect(state.handle(.ended(1, CancellationError())) == [.drain(0)])
    #expect(state.failure == nil)
  }

  @Test("A service that returns stops the group without an error")
  func finished() {
    var state = running(2)
    #expect(state.handle(.ended(0, nil)) == [.armDrainDeadline, .drain(1)])
    #expect(state.handle(.ended(1, nil)) == [.finish(abandoned: [])])
    #expect(state.finished == 0)
  }

  @Test("A second request to stop ends it at once and says what was left")
  func secondStop() {
    var state = running(2)
    _ = state.handle(.stopRequested)
    #expect(state.handle(.stopRequested) == [.cancel(0), .cancel(1), .finish(abandoned: [0, 1])])
    #expect(state.handle(.ended(0, nil)) == [])
  }

  @Test("A passed deadline cancels, a second one gives up")
  func deadlines() {
    var state = running(2)
    #expect(state.handle(.deadlinePassed) == [])
    _ = state.handle(.stopRequested)
    #expect(state.handle(.deadlinePassed) == [.cancel(0), .cancel(1), .armCancelDeadline])
    #expect(state.handle(.ended(1, nil)) == [])
    #expect(state.handle(.deadlinePassed) == [.finish(abandoned: [0])])
  }

  @Test("An empty group is over at once")
  func empty() {
    var state = ServiceGroupState(count: 0)
    #expect(state.handle(.begin) == [.finish(abandoned: [])])
  }

  @Test("Whatever happens, in any order: nothing is started twice, drained when not alive, or done after the end")
  func random() {
    let seed = UInt64.random(in: .min ... .max)
    print("ServiceGroupStateTests.random seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let count = Int.random(in: 0...4, using: &generator)
      var state = ServiceGroupState(count: count)
      var alive: Set<Int> = []
      var started: Set<Int> = []
      var isOver = false
      var event = ServiceGroupState.Event.begin
      for _ in 0..<200 where !isOver {
        for action in state.handle(event) {
          #expect(!isOver)
          switch action {
          case .start(let index):
            #expect(started.insert(index).inserted)
            alive.insert(index)
          case .drain(let index), .cancel(let index): #expect(alive.contains(index))
          case .armDrainDeadline, .armCancelDeadline: break
          case .finish(let abandoned):
            isOver = true
            #expect(Set(abandoned) == alive)
          }
        }
        let some = alive.randomElement(using: &generator)
        switch (Int.random(in: 0..<10, using: &generator), some) {
        case (0..<5, let index?): event = .started(index)
        case (5..<8, let index?):
          alive.remove(index)
          event = .ended(index, Bool.random(using: &generator) ? nil : Broken())
        case (8, _): event = .stopRequested
        default: event = .deadlinePassed
        }
      }
      #expect(isOver)
    }
  }
}
