/// Says each thing once: a trouble that lasts is one line of the log, not one for each try, also where two causes take
/// turns.
package final class Complaint: Sendable {
  private let message: String
  private let log: Log
  /// More causes than this at once are told again: words that differ each time would be kept for ever.
  private static let limit = 16
  private let told = Locked<Set<String>>([])

  /// `message` tells what waits: "the outbox waits".
  package init(_ message: String, log: Log) {
    self.message = message
    self.log = log
  }

  /// A warning, unless this cause was told since the last time that things worked. `key`: what makes it the same
  /// trouble when its words differ; nil: the words. `fields`: what else the line says.
  package func tell(_ cause: String, key: String? = nil, with fields: [(String, String)] = []) {
    // libpq's advice of several lines begins with the second.
    let cause = String(cause.prefix { $0 != "\n" })
    let trouble = key ?? cause
    let isNews = told.with { told in
      if told.count >= Complaint.limit { told = [] }
      return told.insert(trouble).inserted
    }
    guard isNews else { return }
    var log = log
    log.context += fields
    log.warning(message, ("cause", cause))
  }

  /// It works again; a line when there had been a warning.
  package func settle() {
    let had = told.with { told in
      defer { told = [] }
      return !told.isEmpty
    }
    if had { log.info("over: \(message)") }
  }
}
