import FoundationEssentials
import Runtime
import TestKit

/// What grows in a long run, or must not: memory and descriptors of processes, connections, dead rows.
struct SoakWatch {
  struct Sample {
    /// Since the beginning.
    let seconds: Double
    let kilobytes: Int
    let descriptors: Int
    let connections: Int
    let deadRows: Int
  }

  let pids: [Int32]
  private let started = ContinuousClock.now
  private(set) var samples: [Sample] = []

  init(pids: [Int32]) { self.pids = pids }

  mutating func look(_ world: WorkerWorld) async throws {
    let row = try await world.lines(
      """
      SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
        (SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables)
      """)[0].split(separator: "|").compactMap { Int($0) }
    samples.append(
      Sample(
        seconds: started.duration(to: .now) / .seconds(1), kilobytes: pids.map(SoakWatch.resident).reduce(0, +),
        descriptors: pids.map(SoakWatch.descriptors).reduce(0, +), connections: row.first ?? -1,
        deadRows: row.last ?? -1))
  }

  /// The first third is warming up.
  private var warm: ArraySlice<Sample> { samples.dropFirst(samples.count / 3) }

  /// Megabytes an hour that the processes grow by, by least squares.
  var slope: Double {
    let count = Double(warm.count)
    let meanTime = warm.reduce(0) { $0 + $1.seconds } / count
    let meanSize = warm.reduce(0) { $0 + Double($1.kilobytes) } / count
    let covariance = warm.reduce(0) { $0 + ($1.seconds - meanTime) * (Double($1.kilobytes) - meanSize) }
    let variance = warm.reduce(0) { $0 + ($1.seconds - meanTime) * ($1.seconds - meanTime) }
    return variance > 0 ? covariance / variance * 3_600 / 1_024 : 0
  }

  /// The most of the last half against the most of what came before it.
  func growth(_ value: (Sample) -> Int) -> (before: Int, after: Int) {
    let half = warm.count / 2
    return (warm.prefix(half).map(value).max() ?? 0, warm.suffix(half).map(value).max() ?? 0)
  }

  private static func resident(_ pid: Int32) -> Int {
    let status = (try? readTextFile("/proc/\(pid)/status")) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }

  private static func descriptors(_ pid: Int32) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
  }
}
