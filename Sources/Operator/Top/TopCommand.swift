import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncStore
import SyncWorker

/// `syncline top`: what goes on, on a live screen.
enum TopCommand {
  private static let jobs = 10

  static let command = Command(
    path: ["top"], summary: "Show lag, rates, running jobs and failures on a live screen",
    discussion: """
      q ends it. Without a terminal, with --once, and in another form than a table, one frame is written.
      """,
    options: [
      Option.flag("once", "one frame"),
      Option.integer("interval", "SECONDS", "between two frames", in: 1...3_600, default: 2),
    ],
    examples: [Example("syncline top", "what is going on?")], needs: [.database, .kafka]
  ) { invocation in
    let settings = try invocation.settings()
    return try await Database.connected(settings) { connection in
      try await KafkaConnection.admin(settings, environment: invocation.environment) { admin in
        let isOnce =
          invocation.flag("once") || !invocation.output.terminal.isTerminal || invocation.output.format != .table
        let keyboard = isOnce ? nil : Keyboard()
        defer { keyboard?.restore() }
        return try await show(invocation, settings, connection, admin, keyboard, isOnce: isOnce)
      }
    }
  }

  private static func show(
    _ invocation: Invocation, _ settings: Settings, _ connection: PGConnection, _ admin: KafkaAdmin,
    _ keyboard: Keyboard?, isOnce: Bool
  ) async throws -> ExitCode {
    let interval = Duration.seconds(invocation.integer("interval") ?? 2)
    var earlier: TopFrame?
    while true {
      let frame = try await read(settings, connection, admin, since: earlier)
      guard invocation.output.format == .table else {
        try TopReport(frame: frame).write(to: invocation.output)
        return .ok
      }
      let text = frame.lines(width: invocation.output.terminal.width ?? 120).joined(separator: "\n") + "\n"
      if isOnce {
        try invocation.output.text(text)
        return .ok
      }
      try invocation.output.text("\u{1B}[H\u{1B}[2J" + text)
      earlier = frame
      let deadline = Deadline(after: interval)
      while !deadline.hasPassed {
        if keyboard?.pressed() == "q" { return .ok }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  private static func read(
    _ settings: Settings, _ connection: PGConnection, _ admin: KafkaAdmin, since earlier: TopFrame?
  ) async throws -> TopFrame {
    let group = settings.group
    let limit = jobs
    var (frame, positions) = try await connection.run { session in
      try session.reading {
        var frame = TopFrame(time: Date())
        frame.activity = try ActivityReports.activity(session)
        frame.running = try ActivityReports.running(session, limit: limit)
        frame.failures = try ActivityReports.failures(session, limit: limit)
        return (frame, try OffsetStore.positions(session, group: group))
      }
    }
    let lags = try await PartitionLag.measure(admin, positions: positions, topics: settings.topics.work)
    frame.add(lags.partitions, since: earlier)
    return frame
  }
}
