import Postgres
import Runtime
import SQLCatalog
import SyncDomain
import SyncStore

/// Sessions that append to a journal at once, each in transactions of its own, until each has all of its appends in.
struct AppendLoad: Sendable {
  let sessions: Int
  /// Of each session.
  let appends: Int
  /// Of each append.
  let events: Int

  /// On streams that nobody has used before. An append that conflicts is made again at the version it was told; any
  /// other error, a deadlock for one, ends the run.
  func run(_ url: String, _ workload: AppendWorkload, _ strategy: AppendStrategy) async throws -> AppendTally {
    let prefix = "bench-\(UUIDText.random())-"
    var connections: [PGConnection] = []
    do {
      for number in 0..<sessions {
        connections.append(try await PGConnection.open(BenchDatabase.options(url), name: "append-\(number)"))
      }
      let tally = try await run(connections, workload, strategy, prefix)
      try await check(connections[0], tally, prefix)
      for connection in connections { await connection.close() }
      return tally
    } catch {
      for connection in connections { await connection.close() }
      throw error
    }
  }

  private func run(
    _ connections: [PGConnection], _ workload: AppendWorkload, _ strategy: AppendStrategy, _ prefix: String
  ) async throws -> AppendTally {
    let started = ContinuousClock.now
    var tally = try await withThrowingTaskGroup(of: AppendTally.self) { group in
      for (number, connection) in connections.enumerated() {
        group.addTask {
          try await connection.run { try work($0, number, workload, strategy, prefix) }
        }
      }
      return try await group.reduce(AppendTally(), +)
    }
    tally.elapsed = started.duration(to: .now).inSeconds
    return tally
  }

  private func work(
    _ session: PGSession, _ number: Int, _ workload: AppendWorkload, _ strategy: AppendStrategy, _ prefix: String
  ) throws -> AppendTally {
    let batch = (0..<events).map { JournalEvent("bench", data: .object([.init("number", .number(String($0)))])) }
    var random = SplitMix64(seed: UInt64(number))
    var known: [Int: Int64] = [:]
    var tally = AppendTally()
    for _ in 0..<appends {
      let stream = workload.stream(of: number, sessions: sessions, die: random.below(1 << 20))
      let started = ContinuousClock.now
      var isIn = false
      while !isIn {
        let expected = workload.expectsVersion ? ExpectedVersion(known[stream, default: -1]) : .any
        do {
          known[stream] = try session.asApp(BenchDatabase.organization, user: "bench") {
            try JournalStore.append(session, batch, to: "\(prefix)\(stream)", expecting: expected, strategy: strategy)
          }
          isIn = true
        } catch let conflict as StreamConflict {
          known[stream] = conflict.actual
          tally.conflicts += 1
        }
      }
      tally.appended += 1
      tally.seconds += started.duration(to: .now).inSeconds
    }
    return tally
  }

  /// Every append is in the journal, and nothing else is.
  private func check(_ connection: PGConnection, _ tally: AppendTally, _ prefix: String) async throws {
    let (held, isGapless) = try await connection.run { session in
      try session.reading {
        let row = try session.query(Queries.benchJournal, [.text(prefix)]).one()
        return (try row.integer("events"), try row.bool("is_gapless") ?? false)
      }
    }
    let expected = Int64(sessions * appends * events)
    guard held == expected, isGapless, tally.appended == sessions * appends else {
      throw CommandError(.failure, "BENCH_INVALID", "the journal holds \(held) events of \(expected), or has a gap")
    }
  }
}
