import FoundationEssentials
import Runtime

/// The directory of `syncline dev`, held by one process at a time, with what the run before had started.
struct DevHome {
  static let directory = ".syncline"

  private let lock: ProcessLock

  /// Throws DEV_RUNNING when another process has it, whose end, however it comes, sets it free. `tell` is given what
  /// that one has printed; nothing while it starts.
  static func enter(_ directory: String = directory, tell: (String) throws -> Void = { _ in }) throws -> DevHome {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw CommandError(
        .failure, "FILE_UNREADABLE", "cannot make the directory \(directory)", hint: "check who may write here")
    }
    do {
      let lock = try ProcessLock(path: directory + "/dev.lock")
      // What the run before has printed leads nowhere any more.
      lock.note(lines(of: lock.notes, areExports: false))
      return DevHome(lock: lock)
    } catch let held as ProcessLock.Held {
      try tell(lines(of: held.notes, areExports: true))
      let who = held.pid.map { "process \($0)" } ?? "another process"
      throw CommandError(
        .locked, "DEV_RUNNING", "another 'syncline dev' runs in this directory already, \(who)",
        hint: "use its environment, which is printed, or stop it" + (held.pid.map { ": kill \($0)" } ?? ""))
    }
  }

  /// The environment without what leads to services of this directory, which are gone: whoever holds the lock is the
  /// only one to have any. And the group, if it was made for them.
  func foreign(_ environment: [String: String], group: String) -> (environment: [String: String], group: String) {
    let earlier = Self.parse(lock.notes)
    func isOwn(_ name: String) -> Bool { environment[name] != nil && environment[name] == earlier[name] }
    // Kafka has another port each time, Postgres always the same place: one that is ours came with the other.
    let isKafkaOwn =
      isOwn("KAFKA_BOOTSTRAP_SERVERS")
      || isOwn("DATABASE_URL") && environment[KafkaConnection.embeddedVariable] == "1"
    var rest = environment
    if isOwn("DATABASE_URL") { rest["DATABASE_URL"] = nil }
    if isKafkaOwn {
      rest["KAFKA_BOOTSTRAP_SERVERS"] = nil
      rest[KafkaConnection.embeddedVariable] = nil
    }
    return (rest, isOwn("SYNCLINE_GROUP") ? Settings().group : group)
  }

  /// `variables`: for the next run; `printed`: for another one meanwhile.
  func remember(_ variables: [(name: String, value: String)], printed: String = "") {
    lock.note(variables.map { "\($0.name)=\($0.value)\n" }.joined() + printed)
  }

  /// Of what a run has left, the lines that it has printed, or the others.
  private static func lines(of notes: String, areExports: Bool) -> String {
    notes.split(separator: "\n").filter { $0.hasPrefix("export ") == areExports }.map { $0 + "\n" }.joined()
  }

  private static func parse(_ text: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      values[String(line[..<equals])] = String(line[line.index(after: equals)...])
    }
    return values
  }
}
