import Runtime

/// How far something is, to be rendered: pure.
package struct ProgressState: Sendable, Equatable {
  package var label: String
  /// Behind the numbers, for example `records`; may be empty.
  package var unit: String
  package var done: Int64
  /// nil when nobody knows.
  package var total: Int64?
  /// Per second; nil before two moments are known.
  package var rate: Double?

  package init(label: String, unit: String = "", done: Int64, total: Int64? = nil, rate: Double? = nil) {
    self.label = label
    self.unit = unit
    self.done = done
    self.total = total
    self.rate = rate
  }

  /// Seconds until the end at this rate; nil when total or rate is unknown, or nothing moves.
  package var secondsLeft: Double? {
    guard let total, let rate, rate > 0 else { return nil }
    return Double(max(0, total - done)) / rate
  }

  /// Whether a line about this would say no more than one about the other, but for the rate.
  package func isAsFar(as other: ProgressState) -> Bool { done == other.done && total == other.total }

  /// 0 to 1; nil without a total. A total of nothing is done.
  package var fraction: Double? {
    guard let total else { return nil }
    return total <= 0 ? 1 : min(1, max(0, Double(done) / Double(total)))
  }

  /// One line with a bar, at most `width` columns.
  package func bar(width: Int) -> String {
    let text = plain
    let room = width - displayWidth(text) - 4
    guard let fraction, room >= 10 else { return cut(text, to: width) }
    let cells = min(room, 30)
    let full = Int((fraction * Double(cells)).rounded(.down))
    let head = full < cells ? ">" : ""
    let filled = String(repeating: "=", count: full) + head
    return "\(text)  [\(filled)\(String(repeating: " ", count: cells - full - head.count))]"
  }

  /// One line without a bar: `full sync  12,000 of 20,280 records  59 %  4,100/s  2 s left`
  package var plain: String {
    var parts = [printable(label)]
    let suffix = unit.isEmpty ? "" : " \(unit)"
    parts.append(total.map { "\(grouped(done)) of \(grouped($0))\(suffix)" } ?? "\(grouped(done))\(suffix)")
    if let fraction { parts.append("\(Int((fraction * 100).rounded(.down))) %") }
    if let rate { parts.append("\(rateText(rate))/s") }
    if let secondsLeft, done < total ?? 0 { parts.append("\(durationText(secondsLeft)) left") }
    return parts.joined(separator: "  ")
  }
}

/// Shows progress on standard error: on a terminal a line that is drawn again, elsewhere a line every few seconds.
package final class Progress: Sendable {
  private struct State {
    var progress: ProgressState
    /// Moments in milliseconds and what was done by then, for the rate over the last seconds.
    var samples: [(time: Int64, done: Int64)] = []
    var lastShown: Int64?
    var shown: ProgressState?
    var isFinished = false
  }

  private static let redrawTime: Int64 = 100
  private static let lineTime: Int64 = 5_000
  private static let rateWindow: Int64 = 10_000

  private let terminal: Terminal
  private let sink: TextSink
  private let now: @Sendable () -> Int64
  private let state: Locked<State>

  /// - Parameter now: monotonic milliseconds.
  package init(
    _ label: String, unit: String = "", terminal: Terminal, sink: TextSink,
    now: @escaping @Sendable () -> Int64 = monotonicMilliseconds
  ) {
    self.terminal = terminal
    self.sink = sink
    self.now = now
    state = Locked(State(progress: ProgressState(label: label, unit: unit, done: 0)))
  }

  /// Says how far it is. Cheap to call often; shows something only when it is time to.
  package func update(done: Int64, total: Int64?) {
    let time = now()
    let line = state.with { state -> String? in
      state.progress.done = done
      state.progress.total = total
      sample(&state, time)
      let pause = terminal.isTerminal ? Progress.redrawTime : Progress.lineTime
      if let last = state.lastShown, time - last < pause { return nil }
      state.lastShown = time
      guard terminal.isTerminal || state.shown.map({ !state.progress.isAsFar(as: $0) }) ?? true else { return nil }
      state.shown = state.progress
      return text(state.progress)
    }
    if let line { try? sink.write(line) }
  }

  /// Shows the last state and ends the line; once.
  package func finish() {
    let line = state.with { state -> String? in
      guard !state.isFinished else { return nil }
      state.isFinished = true
      guard let shown = state.shown, terminal.isTerminal || !state.progress.isAsFar(as: shown) else { return nil }
      return text(state.progress)
    }
    if let line { try? sink.write(terminal.isTerminal ? line + "\n" : line) }
  }

  private func text(_ progress: ProgressState) -> String {
    terminal.isTerminal ? "\r\(progress.bar(width: (terminal.width ?? 80) - 1))\u{1B}[K" : progress.plain + "\n"
  }

  private func sample(_ state: inout State, _ time: Int64) {
    state.samples.append((time, state.progress.done))
    // One moment older than the window stays, so that a slow start still has a rate.
    while state.samples.count > 2, time - state.samples[1].time >= Progress.rateWindow { state.samples.removeFirst() }
    guard let first = state.samples.first, time > first.time else { return }
    state.progress.rate = Double(max(0, state.progress.done - first.done)) * 1000 / Double(time - first.time)
  }
}

/// `20,280`
func grouped(_ number: Int64) -> String {
  let digits = Array(String(number.magnitude))
  var out = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
    out.append(digit)
  }
  return out
}

/// Two digits below 10, whole numbers above.
func rateText(_ rate: Double) -> String {
  guard rate < 1e15 else { return "∞" }
  if rate >= 10 { return grouped(Int64(rate.rounded())) }
  let tenths = Int64((rate * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

/// `45 s`, `3 min 20 s`, `2 h 5 min`
func durationText(_ seconds: Double) -> String {
  guard seconds < 1e12 else { return "∞" }
  let whole = Int64(seconds.rounded(.up))
  switch whole {
  case ..<60: return "\(whole) s"
  case ..<3600: return "\(whole / 60) min" + (whole % 60 == 0 ? "" : " \(whole % 60) s")
  default: return "\(whole / 3600) h" + (whole / 60 % 60 == 0 ? "" : " \(whole / 60 % 60) min")
  }
}
