import HTTP
import Runtime

/// What a person may decide on the status page, as far as a token allows it.
enum StatusAct: String, CaseIterable, Sendable {
  case approveJob = "approve-job"
  case cancelJob = "cancel-job"
  case retryJob = "retry-job"
  case pauseQueue = "pause-queue"
  case resumeQueue = "resume-queue"
  case replayLetter = "replay-letter"
  case discardLetter = "discard-letter"

  /// What stands on its button.
  var label: String {
    switch self {
    case .approveJob: "Approve"
    case .cancelJob: "Cancel"
    case .retryJob: "Retry"
    case .pauseQueue: "Pause"
    case .resumeQueue: "Resume"
    case .replayLetter: "Replay"
    case .discardLetter: "Discard"
    }
  }

  /// What comes of it, for who is about to do it.
  var effect: String {
    switch self {
    case .approveJob: "The job goes on: the next worker takes it over at once."
    case .cancelJob: "The job ends at the edge of a page. What it has applied until then stays applied."
    case .retryJob: "The work is done again by a new job that names this one; a job that waits is due at once."
    case .pauseQueue: "This work does not begin until it is resumed. What runs already goes on; nothing is lost."
    case .resumeQueue: "What waited begins; messages that were held are published again, in their order."
    case .replayLetter: "The original message is published again. Order and content decide what has an effect."
    case .discardLetter: "The message is given up. It is kept, with who gave it up and why."
    }
  }
}

/// One decision about one thing, as a link names it. Pure.
struct ActRequest: Sendable, Equatable {
  let act: StatusAct
  /// A job's id, as Postgres writes it.
  var job: String?
  var kind: String?
  var organization: String?
  /// A dead letter's number.
  var letter: Int64?

  init(_ act: StatusAct, job: String) {
    self.act = act
    self.job = job
  }

  /// nil means every one.
  init(_ act: StatusAct, kind: String?, organization: String?) {
    self.act = act
    self.kind = kind
    self.organization = organization
  }

  init(_ act: StatusAct, letter: Int64) {
    self.act = act
    self.letter = letter
  }

  /// nil when the query names no act, or not what it is about.
  init?(_ query: [(name: String, value: String)]) {
    func value(_ name: String) -> String? {
      query.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }
    guard let act = value("act").flatMap({ StatusAct(rawValue: $0) }) else { return nil }
    self.act = act
    switch act {
    case .approveJob, .cancelJob, .retryJob:
      guard let id = value("job").flatMap({ UUIDText.canonical($0) }) else { return nil }
      job = id
    case .pauseQueue, .resumeQueue:
      kind = value("kind")
      organization = value("organization")
      guard kind != nil || organization != nil, kind.map(JobsListCommand.kinds.contains) ?? true else { return nil }
    case .replayLetter, .discardLetter:
      guard let number = value("letter").flatMap({ Int64($0) }) else { return nil }
      letter = number
    }
  }

  /// What ``init(_:)`` reads.
  var query: String {
    let parts = [
      ("act", act.rawValue), ("job", job), ("kind", kind), ("organization", organization),
      ("letter", letter.map { "\($0)" }),
    ]
    return parts.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }.joined(separator: "&")
  }

  /// `job 0b1c…`, `read_sync of RIO`, `dead letter 7`
  var subject: String {
    if let job { return "job \(job)" }
    if let letter { return "dead letter \(letter)" }
    return "\(kind ?? "all work") of \(organization ?? "all organizations")"
  }

  /// Where its result is seen.
  var page: String {
    if let job { return "/job?id=\(job)" }
    if let organization { return "/organization?id=\(percentEncoded(organization))" }
    return "/"
  }
}
