import SyncStore

/// A frame of `top` for programs: the counts of `Activity`, and what the screen lists.
struct TopReport {
  let frame: TopFrame

  private static let topics = [Column("topic"), Column("lag", .integer), Column("applied", .integer)]
  private static let running = [
    Column("id"), Column("organization_id"), Column("kind"), Column("lease_owner"), Column("seconds", .integer),
    Column("applied", .integer), Column("total", .integer),
  ]
  private static let failures = [
    Column("id"), Column("organization_id"), Column("kind"), Column("error_code"), Column("error_message"),
    Column("finished_at", .time),
  ]

  func write(to output: Output) throws {
    let counts = self.counts
    try output.show(
      [Column("time", .time)] + counts.map { Column($0.name, .integer) }
        + ["topics", "running_jobs", "failed_jobs", "needs_somebody"].map { Column($0, .json) },
      [.time(frame.time)] + counts.map { .integer($0.count) } + [
        topics.json, running.json, failures.json, attention.json,
      ])
  }

  private var counts: [(name: String, count: Int64)] {
    let activity = frame.live.activity
    return [
      ("queued", activity.queued), ("running", activity.running), ("retrying", activity.retrying),
      ("awaiting_approval", activity.awaitingApproval), ("succeeded_last_hour", activity.succeeded),
      ("failed_last_hour", activity.failed), ("dead_letters", activity.deadLetters),
      ("conflicts", activity.conflicts), ("held_messages", activity.heldMessages), ("pauses", activity.pauses),
      ("outbox", activity.outbox),
    ]
  }

  private var topics: Table {
    Table(TopReport.topics, rows: frame.topics.map { [.text($0.topic), .integer($0.lag), .integer($0.applied)] })
  }

  private var running: Table {
    Table(
      TopReport.running,
      rows: frame.live.running.map { job in
        [
          .text(job.id), .text(job.organization), .text(job.kind), .text(job.owner), .integer(job.seconds),
          .integer(job.applied), .integer(job.total),
        ]
      })
  }

  private var failures: Table {
    Table(
      TopReport.failures,
      rows: frame.live.failures.map { job in
        [
          .text(job.id), .text(job.organization), .text(job.kind), .text(job.code), .text(job.message),
          .moment(job.finishedAt),
        ]
      })
  }

  private var attention: Table {
    Table(
      [Column("text"), Column("commands", .json)],
      rows: frame.attention.map { [.text($0.text), .list($0.commands)] })
  }
}
