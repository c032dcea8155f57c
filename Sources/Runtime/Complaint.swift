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

  /// A warning, unless this cause was the last that was told.
  package func tell(_ cause: String) {
    let isNews = told.with { told in
      defer { told = cause }
      return told != cause
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
