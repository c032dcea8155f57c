import Runtime
import SyncStore

/// The demo's workers: processes of this same program that end when it does.
final class DemoWorkers: Sendable {
  private let environment: [String: String]
  private let directory: DemoDirectory
  private let processes = Locked<[LeashedProcess]>([])

  init(environment: [String: String], directory: DemoDirectory) {
    var environment = environment
    environment["SYNCLINE_HTTP_PORT"] = "0"
    environment["SYNCLINE_LOG_FORMAT"] = "text"
    self.environment = environment
    self.directory = directory
  }

  /// Starts workers and waits until each has partitions to work on.
  func start(_ count: Int, _ stage: DemoStage) async throws {
    let program = try executablePath()
    stage.say("starting \(count) workers")
    for number in 1...count {
      let process = try LeashedProcess(
        program, ["worker"], environment: environment, logPath: directory.log(of: number))
      processes.with { $0.append(process) }
      stage.say("$ syncline worker &   # process \(process.pid)")
    }
    let all = processes.with { $0 }
    let deadline = Deadline(after: .seconds(60))
    while true {
      let owners = Set(try await stage.positions().compactMap(\.owner))
      if all.allSatisfy({ worker in owners.contains { isName($0, of: worker.pid) } }) { return }
      if deadline.hasPassed {
        throw CommandError(
          .failure, "DEMO_FAILED", "the workers did not share the partitions within a minute: \(lastWords)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Ends the worker of this name at once, as `kill -9` does; its process id, nil when it is none of these.
  func kill(_ name: String) async -> Int32? {
    guard let process = processes.with({ $0.first { isName(name, of: $0.pid) } }) else { return nil }
    process.signal(9)
    _ = await process.wait()
    return process.pid
  }

  /// Whether a worker has said this.
  func said(_ text: String) -> Bool { processes.with { $0 }.contains { log(of: $0).contains(text) } }

  /// Where the status page of a worker that runs is; nil while none has told.
  var page: String? {
    processes.with { $0 }.lazy.filter(\.isRunning).compactMap { process -> String? in
      let log = self.log(of: process)
      guard let start = log.firstRange(of: "http://127.0.0.1:") else { return nil }
      return String(log[start.lowerBound...].prefix { !" \"\n".contains($0) })
    }.first
  }

  /// The end of each log, for when something went wrong.
  var lastWords: String {
    processes.with { $0 }.map { process in
      "\(process.pid): " + log(of: process).split(separator: "\n").suffix(3).joined(separator: " | ")
    }.joined(separator: "; ")
  }

  /// Drains those that still run, and forgets their logs.
  func stop() async {
    await withDiscardingTaskGroup { group in
      for process in processes.with({ $0 }) { group.addTask { await process.stop() } }
    }
    directory.remove()
  }

  private func log(of process: LeashedProcess) -> String {
    (try? readTextFile(process.logPath, limit: 16 << 20)) ?? ""
  }

  private func isName(_ name: String, of pid: Int32) -> Bool { name.hasPrefix("worker-\(pid)-") }
}
