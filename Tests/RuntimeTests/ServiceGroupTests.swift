import Testing

@testable import Runtime

struct ServiceGroupTests {
  private struct Broken: Error, Equatable {}

  /// What happened, in order.
  private final class Journal: Sendable {
    private let lines = Locked<[String]>([])
    func note(_ line: String) { lines.with { $0.append(line) } }
    var all: [String] { lines.with { $0 } }
  }

  /// A service that runs until it is drained or cancelled.
  private func service(_ name: String, _ journal: Journal) -> Service {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    return Service(
      name, start: { journal.note("start \(name)") },
      drain: {
        journal.note("drain \(name)")
        continuation.finish()
      },
      run: {
        journal.note("run \(name)")
        for await _ in stream {}
        journal.note("end \(name)")
      })
  }

  private let quiet = Log(level: .error)

  @Test("Started in order, drained in reverse order, on a signal")
  func order() async throws {
    let journal = Journal()
    let group = ServiceGroup([service("a", journal), service("b", journal)], log: quiet)
    let (signals, send) = AsyncStream.makeStream(of: StopSignal.self)
    async let ending = group.run(signals: signals)
    #expect(await eventually { journal.all.contains("run b") })
    send.yield(StopSignal(number: 15, ordinal: 1))
    #expect(try await ending == ServiceGroupEnding(cause: .stopped))
    let lines = journal.all
    #expect(lines.filter { $0.hasPrefix("start") } == ["start a", "start b"])
    #expect(Array(lines.suffix(4)) == ["drain b", "end b", "drain a", "end a"])
  }

  @Test("A failing service stops the others; its error is thrown")
  func failure() async {
    let journal = Journal()
    let group = ServiceGroup([service("a", journal), Service("bad") { throw Broken() }], log: quiet)
    let error = await #expect(throws: ServiceFailure.self) { try await group.run() }
    #expect(error?.service == "bad")
    #expect(error?.underlying is Broken)
    #expect(journal.all.last == "end a")
  }

  @Test("A service without a drain is cancelled")
  func cancelled() async throws {
    let group = ServiceGroup([Service("sleeper") { try await Task.sleep(for: .seconds(3600)) }], log: quiet)  // no wait
    async let ending = group.run()
    group.stop()
    #expect(try await ending == ServiceGroupEnding(cause: .stopped))
  }

  /// A service that neither drains nor honours cancellation, until it is released.
  private func stubborn(_ journal: Journal, _ isReleased: Locked<Bool>) -> Service {
    Service(
      "stubborn", drain: {},
      run: {
        journal.note("run")
        while !isReleased.with({ $0 }) { await Task.yield() }
      })
  }

  @Test("A stubborn service is left behind after the deadline")
  func deadline() async throws {
    let (journal, isReleased) = (Journal(), Locked(false))
    let group = ServiceGroup(
      [stubborn(journal, isReleased)], drainTime: .milliseconds(1), cancelTime: .milliseconds(1), log: quiet)
    async let ending = group.run()
    #expect(await eventually { journal.all == ["run"] })
    group.stop()
    #expect(try await ending == ServiceGroupEnding(cause: .stopped, abandoned: ["stubborn"]))
    isReleased.with { $0 = true }
  }

  @Test("A second stop does not wait for anybody")
  func secondStop() async throws {
    let (journal, isReleased) = (Journal(), Locked(false))
    let group = ServiceGroup([stubborn(journal, isReleased)], log: quiet)
    async let ending = group.run()
    #expect(await eventually { journal.all == ["run"] })
    group.stop()
    group.stop()
    #expect(try await ending.abandoned == ["stubborn"])
    isReleased.with { $0 = true }
  }

  @Test("Cancelling the task that runs the group drains it")
  func cancellation() async throws {
    let journal = Journal()
    let group = ServiceGroup([service("a", journal)], log: quiet)
    let task = Task { try await group.run() }
    #expect(await eventually { journal.all.contains("run a") })
    task.cancel()
    #expect(try await task.value == ServiceGroupEnding(cause: .stopped))
    #expect(journal.all.suffix(2) == ["drain a", "end a"])
  }

  @Test("A service that returns ends the group")
  func finished() async throws {
    let journal = Journal()
    let group = ServiceGroup([service("a", journal), Service("once") {}], log: quiet)
    #expect(try await group.run() == ServiceGroupEnding(cause: .finished(service: "once")))
    #expect(journal.all.last == "end a")
  }
}
