import FoundationEssentials
import Runtime
import SyncStore

/// What `top` shows at one moment, as text: pure.
struct TopFrame: Sendable, Equatable {
  /// A topic with what is left to apply of it.
  struct TopicLag: Sendable, Equatable {
    let topic: String
    /// Of all partitions together.
    var lag: Int64
    var applied: Int64
    /// Offsets applied per second since the frame before; nil in the first.
    var rate: Double?
  }

  var time: Date
  var live = LiveState()
  /// What needs somebody, what stops work first.
  var attention: [Attention] = []
  /// By name.
  var topics: [TopicLag] = []

  /// Sums up partitions; rates come of the frame before.
  mutating func add(_ partitions: [PartitionLag], since earlier: TopFrame?) {
    let known = Dictionary(grouping: partitions, by: \.topic)
    let seconds = earlier.map { time.timeIntervalSince($0.time) } ?? 0
    topics = known.keys.sorted().map { topic in
      let own = known[topic] ?? []
      let applied = own.compactMap(\.applied).reduce(0, +)
      let before = earlier?.topics.first { $0.topic == topic }?.applied
      let rate = before.flatMap { seconds > 0 ? Double(max(0, applied - $0)) / seconds : nil }
      return TopicLag(topic: topic, lag: own.compactMap(\.lag).reduce(0, +), applied: applied, rate: rate)
    }
  }

  /// Things that need somebody on a live screen, which has few lines.
  private static let attentionLimit = 3

  /// Lines of at most `width` columns. Once for all, nothing is left out of what needs somebody, and no command is cut.
  func lines(width: Int, isLive: Bool) -> [String] {
    let activity = live.activity
    let decisions = [
      (activity.awaitingApproval, "approval"), (activity.deadLetters, "dead letter"),
      (activity.conflicts, "conflict"), (activity.pauses, "pause"), (activity.heldMessages, "held message"),
    ].map { "\(grouped($0.0)) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: "  ")
    var lines = [
      "syncline top  \(timestamp(time))",
      "jobs      \(activity.running) running  \(activity.queued) queued  \(activity.retrying) retrying  "
        + "last hour: \(activity.succeeded) succeeded  \(activity.failed) failed",
      "waiting   \(decisions)  \(grouped(activity.outbox)) to publish", "",
    ].map { cut($0, to: width) }
    lines += needs(width: width, isLive: isLive)
    return lines + work(width: width)
  }

  /// On a live screen each with the command that explains it.
  private func needs(width: Int, isLive: Bool) -> [String] {
    guard !attention.isEmpty else { return ["nothing needs somebody", ""] }
    let shown = isLive ? attention.prefix(TopFrame.attentionLimit) : attention[...]
    let items = shown.flatMap { item in
      [cut(printable(item.text), to: width)]
        + (isLive ? item.commands.prefix(1) : item.commands[...]).map { command in
          let line = "  " + printable(command)
          return isLive ? cut(line, to: width) : line
        }
    }
    let left = attention.count - shown.count
    let more = left > 0 ? [cut("and \(left) more: 'syncline top --once'", to: width)] : []
    return ["NEEDS SOMEBODY"] + items + more + [""]
  }

  /// Topics, what runs, what failed.
  private func work(width: Int) -> [String] {
    var lines: [String] = []
    let (running, failures) = (live.running, live.failures)
    let name = max(8, topics.map { displayWidth($0.topic) }.max() ?? 0)
    lines.append("\(pad("TOPIC", to: name))  \(leftPad("LAG", 10, " "))  \(leftPad("APPLIED/S", 10, " "))")
    for topic in topics {
      let rate = topic.rate.map { rateText($0) } ?? "-"
      lines.append(
        "\(pad(topic.topic, to: name))  \(leftPad(grouped(topic.lag), 10, " "))  \(leftPad(rate, 10, " "))")
    }
    lines.append("")
    lines.append(running.isEmpty ? "no job runs" : "RUNNING")
    for job in running {
      let state = ProgressState(
        label: "\(job.organization) \(job.kind)", unit: "records", done: job.applied, total: job.total,
        rate: job.seconds > 0 ? Double(job.applied) / Double(job.seconds) : nil)
      lines.append("\(state.bar(width: max(20, width - 38)))  \(job.id)")
    }
    if !failures.isEmpty { lines += ["", "FAILED (last day)"] }
    for job in failures {
      let moment = parseMoment(job.finishedAt).map(timestamp) ?? job.finishedAt
      lines.append("\(moment)  \(job.organization) \(job.kind)  \(job.code)  \(job.id)  \(job.message)")
    }
    return lines.map { cut(printable($0), to: width) }
  }
}
