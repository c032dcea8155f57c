import Runtime
import SyncStore

/// Where a request is whose job no worker has begun: one line, and the facts it rests on. Pure.
struct RequestVerdict: Equatable {
  /// What it waits for, or what became of it.
  let why: String
  let evidence: String

  /// `group`: whose offsets and workers count.
  init(_ request: JobRequest, _ crew: Crew, group: String) {
    let asked =
      "asked for \(durationText(Double(max(0, request.age)))) ago" + (request.requestedBy.map { " by \($0)" } ?? "")
    let place = RequestVerdict.place(request)
    if let letter = request.deadLetter {
      why = "was refused, \(request.deadLetterCode ?? "no code"): 'syncline dead-letters show \(letter)'"
      evidence = "\(asked), dead letter \(letter)"
    } else if let error = request.outboxError {
      why = "can not be published, so no worker sees it: Kafka refuses it, \(error): 'syncline doctor'"
      evidence = "\(asked), parked in the outbox"
    } else if request.isInOutbox {
      let idle = crew.alive.isEmpty ? "; no worker lives: start 'syncline worker'" : ""
      why = "waits in the outbox for a worker or a scheduler to publish it" + idle
      evidence = asked
    } else if request.isHeld {
      why = "waits because \(request.kind) of \(request.organization) is paused: 'syncline queue list'"
      evidence = "\(asked), the message is held"
    } else if request.isTaken {
      why =
        "was taken by a worker, and its job is not kept: it is long over, or the request was one more of the same event"
      evidence = [asked, place].compactMap(\.self).joined(separator: ", ")
    } else if let loss = request.loss {
      let cause = loss == .anew ? "gone with its topic, because Kafka began anew" : "no longer kept by its topic"
      why = "its message is \(cause), so no worker will take it: ask again\(RequestVerdict.again(request))"
      evidence = [asked, place].compactMap(\.self).joined(separator: ", ")
    } else {
      let idle = crew.standstill(request.kind, group: group)
      why = "no worker has taken the request yet" + (idle.map { "; \($0.remedy)" } ?? "")
      let able = crew.able(request.kind, group: group)
      let alive = "\(counted(able.count, "worker")) \(able.count == 1 ? "lives" : "live") for it"
      let who = idle == nil ? alive : idle?.fact
      evidence = [asked, place, who].compactMap(\.self).joined(separator: ", ")
    }
  }

  /// How to ask for the very same, where a command can; else empty.
  private static func again(_ request: JobRequest) -> String {
    guard request.isNoted, request.kind == "read_sync" else { return "" }
    return ", 'syncline jobs cancel \(request.id)', then 'syncline jobs retry \(request.id)'"
  }

  /// Where Kafka has it and how far that partition is applied; nil: it went through the outbox.
  private static func place(_ request: JobRequest) -> String? {
    guard let topic = request.topic, let partition = request.partition, let offset = request.offset else { return nil }
    let applied = request.appliedOffset.map { "applied up to \($0)" } ?? "which no worker has had yet"
    return "at \(topic)[\(partition)] offset \(offset), \(applied)"
  }
}
