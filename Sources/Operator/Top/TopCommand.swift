import FoundationEssentials
import Kafka
import Postgres
import Runtime
import SyncStore
import SyncWorker

/// `syncline top`: what goes on, on a live screen.
enum TopCommand {
  private static let jobs = 10
  /// For all that may need somebody; what is not read by then is not shown.
  private static let patience = Duration.seconds(5)

  static let command = Command(
    path: ["top"], summary: "Show what needs somebody, lag, rates and jobs on a live screen",
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
    let definitions = Definitions(settings, invocation.environment)
    var earlier: TopFrame?
    while true {
      let frame = try await read(settings, definitions, connection, admin, since: earlier)
      guard invocation.output.format == .table else {
        try TopReport(frame: frame).write(to: invocation.output)
        return .ok
      }
      if isOnce {
        let lines = frame.lines(width: invocation.output.terminal.width ?? 120, isLive: false)
        try invocation.output.text(lines.joined(separator: "\n") + "\n")
        return .ok
      }
      // The window may have another size by now.
      let window = Terminal.of(1, environment: invocation.environment)
      try invocation.output.text(screen(frame.lines(width: window.width ?? 120, isLive: true), height: window.height))
      earlier = frame
      let deadline = Deadline(after: interval)
      while !deadline.hasPassed {
        if keyboard?.pressed() == "q" { return .ok }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// Written over the frame before, each line to its end, so that nothing flickers. The last line stays free.
  static func screen(_ lines: [String], height: Int?) -> String {
    let shown = lines.prefix(max(1, (height ?? Int.max) - 1))
    return "\u{1B}[H" + shown.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
  }

  private static func read(
    _ settings: Settings, _ definitions: Definitions, _ connection: PGConnection, _ admin: KafkaAdmin,
    since earlier: TopFrame?
  ) async throws -> TopFrame {
    let group = settings.group
    let limit = jobs
    var (frame, positions) = try await connection.run { session in
      try session.reading {
        var frame = TopFrame(time: Date())
        frame.live = try ActivityReports.live(session, limit: limit)
        return (frame, try OffsetStore.positions(session, group: group))
      }
    }
    let lags = try await PartitionLag.measure(admin, positions: positions, topics: settings.topics.work)
    var overview = Overview(time: frame.time, definitions: definitions)
    await overview.readAttention(SectionReader(within: patience) { body in try await connection.run(body) })
    overview.lag = .read(lags.partitions)
    frame.attention = Attention.all(overview)
    frame.add(lags.partitions, since: earlier)
    return frame
  }
}
