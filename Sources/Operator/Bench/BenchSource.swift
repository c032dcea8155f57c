import FoundationEssentials
import Glibc
import Runtime
import SyncDomain

/// The upstream of a benchmark: files of generated records, so that the only cost of the upstream is reading them.
struct BenchSource: Sendable {
  /// What a read brings, in the order they are run.
  enum Content: String, CaseIterable, Sendable {
    /// Every record for the first time.
    case fresh
    /// Every record in its next revision.
    case changed
    /// One record of a hundred in its next revision, the others again.
    case unchanged

    func revision(of index: Int) -> Int {
      switch self {
      case .fresh: 0
      case .changed: 1
      case .unchanged: index % 100 == 37 ? 2 : 1
      }
    }
  }

  /// Holds the files and the worker's `Jobs` directory; removed by `remove`.
  let directory: String
  let records: Int
  static let generator = RecordGenerator(seed: 20_240_101, organization: BenchDatabase.organization)

  init(records: Int) throws {
    self.records = records
    directory = FileManager.default.temporaryDirectory.path + "/syncline-bench-\(getpid())-\(UUIDText.random())"
    try FileManager.default.createDirectory(atPath: jobs, withIntermediateDirectories: true)
    var definitions = "sources:\n"
    for content in Content.allCases {
      try write(content)
      definitions += "  - name: \(content.rawValue)\n    kind: file\n    path: \(path(content))\n    pageSize: 1000\n"
    }
    try Data(definitions.utf8).write(to: URL(filePath: jobs + "/bench.yaml"))
  }

  var jobs: String { directory + "/Jobs" }

  func remove() { try? FileManager.default.removeItem(atPath: directory) }

  static func record(_ index: Int, _ content: Content) -> CanonicalRecord {
    generator.record(index: index, revision: content.revision(of: index))
  }

  private func path(_ content: Content) -> String { "\(directory)/\(content.rawValue).ndjson" }

  private func write(_ content: Content) throws {
    let file = try createFile(path(content))
    defer { close(file) }
    var buffer: [UInt8] = []
    for index in 0..<records {
      BenchSource.record(index, content).appendEncoded(to: &buffer)
      buffer.append(0x0A)
      guard buffer.count > 1 << 20 || index == records - 1 else { continue }
      let failure = writeAll(file, buffer)
      guard failure == 0 else {
        throw CommandError(.failure, "BENCH_FAILED", "cannot write \(path(content)): \(systemMessage(failure))")
      }
      buffer.removeAll(keepingCapacity: true)
    }
  }
}
