import Glibc
import Testing

@testable import Runtime

struct ThreadExecutorTests {
  private actor Owner {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var inside = 0
    private(set) var total = 0

    init(_ executor: ThreadExecutor) { self.executor = executor }

    /// Fails when two calls are in here at the same time.
    func work() -> Bool {
      inside += 1
      defer { inside -= 1 }
      sched_yield()
      total += 1
      return inside == 1
    }

    func thread() -> UInt { pthread_self() }
  }

  @Test("All of an actor's work is on one thread that is not the caller's")
  func oneThread() async {
    let executor = ThreadExecutor(name: "test")
    defer { executor.stop() }
    let owner = Owner(executor)
    var threads: Set<UInt> = []
    for _ in 0..<20 { threads.insert(await owner.thread()) }
    #expect(threads.count == 1)
  }

  @Test("No job is lost and no two run at once, also around and after stop")
  func stopping() async {
    let executor = ThreadExecutor(name: "test")
    let owner = Owner(executor)
    let clean = await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          var clean = true
          for round in 0..<200 {
            if task == 0 && round == 50 { executor.stop() }
            clean = await owner.work() && clean
          }
          return clean
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(clean)
    #expect(await owner.total == 1600)
  }

  @Test("An executor and its thread go away after stop")
  func lifetime() async {
    weak var gone: ThreadExecutor?
    do {
      let executor = ThreadExecutor(name: "test")
      gone = executor
      _ = await Owner(executor).thread()
      executor.stop()
    }
    let probe = WeakProbe(gone)
    #expect(await eventually { probe.isGone })
  }

  private final class WeakProbe: @unchecked Sendable {
    private weak var value: ThreadExecutor?
    init(_ value: ThreadExecutor?) { self.value = value }
    var isGone: Bool { value == nil }
  }

  @Test("A lock lets one in at a time")
  func locked() async {
    let counter = Locked(0)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<5000 { counter.with { $0 += 1 } } }
      }
    }
    #expect(counter.with { $0 } == 40_000)
  }
}
