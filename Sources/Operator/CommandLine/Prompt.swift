import Runtime

/// Asks the person at the terminal.
package enum Prompt {
  /// Takes a question, returns the line typed without its end; nil at the end of input and when the task is cancelled.
  package typealias Ask = @Sendable (String) async -> String?

  /// Asks on standard error and reads standard input on a thread of its own, so that an interrupt need not wait for
  /// Return.
  @Sendable package static func ask(_ question: String) async -> String? {
    try? TextSink.descriptor(2).write(question)
    let (answers, send) = AsyncStream.makeStream(of: String.self)
    startThread(name: "prompt") {
      if let line = readLine() { send.yield(line) }
      send.finish()
    }
    // Reading a stream ends with nil when the task is cancelled.
    return await answers.first { _ in true }
  }
}
