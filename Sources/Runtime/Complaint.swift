/// Says one thing once: a trouble that lasts is one line of the log, not one for each try.
package final class Complaint: Sendable {
  private let message: String
  private let log: Log
  private let told = Locked<String?>(nil)

  /// `message` tells what waits: "the outbox waits".
  package init(_ message: String, log: Log) {
    self.message = message
    self.log = log
  }

  /// A warning, unless this cause was the last that was told. `key`: what makes it the same trouble when its words
  /// differ; nil: the words.
  package func tell(_ cause: String, key: String? = nil) {
    // libpq's advice of several lines begins with the second.
    let cause = String(cause.prefix { $0 != "\n" })
    let trouble = key ?? cause
    let isNews = told.with { told in
      defer { told = trouble }
      return told != trouble
    }
    if isNews { log.warning(message, ("cause", cause)) }
  }

  /// It works again; a line when there had been a warning.
  package func settle() {
    let had = told.with { told in
      defer { told = nil }
      return told
    }
    if had != nil { log.info("over: \(message)") }
  }
}
