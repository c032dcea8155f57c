import Runtime
import SyncDomain
import SyncStore

/// One thing that a person should look at, with the commands that explain and mend it. Pure.
struct Attention: Sendable, Equatable {
  /// What it is, in a sentence without its full stop.
  let text: String
  /// Commands to paste as they stand, in the order to use them, alternatives one below the other. Nothing in them is
  /// to be filled in: what was pasted unchanged would be kept as a reason, or as somebody's name.
  let commands: [String]
  /// Where the status page says more; nil: nowhere.
  var page: String?

  /// Everything of an overview that should be looked at, what stops work first.
  static func all(_ overview: Overview) -> [Attention] {
    workers(overview) + scheduler(overview) + upstreams(overview) + locks(overview) + approvals(overview)
      + silent(overview)
      + unsettled(overview) + letters(overview) + conflicts(overview) + pushes(overview) + suspended(overview)
      + pauses(overview) + lags(overview)
  }

  /// What waits while no worker lives.
  private static func workers(_ overview: Overview) -> [Attention] {
    guard let crew = overview.crew.value, crew.alive.isEmpty else { return [] }
    let behind = (overview.lag.value ?? []).compactMap(\.lag).reduce(0, +)
    let waiting = (overview.waiting.value?.parts ?? []) + (behind > 0 ? ["\(counted(behind, "offset")) to apply"] : [])
    guard !waiting.isEmpty else { return [] }
    let silent = crew.lastSeen.map { "; \($0.name) fell silent \(durationText(Double($0.silentFor))) ago" } ?? ""
    return [
      Attention(
        text: "no worker lives; waiting: \(waiting.joined(separator: ", "))\(silent)",
        commands: ["syncline worker", "syncline doctor"])
    ]
  }

  private static func locks(_ overview: Overview) -> [Attention] {
    (overview.blockers.value ?? []).map {
      Attention(text: LockCheck.text($0), commands: ["syncline doctor", LockCheck.command($0)])
    }
  }

  /// Schedules that nobody fires, as `doctor` warns of them.
  private static func scheduler(_ overview: Overview) -> [Attention] {
    guard let schedules = overview.schedules.value else { return [] }
    let check = StandstillChecks.scheduler(enabled: 0, schedules)
    guard check.status == .warning else { return [] }
    return [
      Attention(
        text: "scheduler: \(check.detail)",
        commands: [schedules.leader == nil ? "syncline scheduler" : "syncline doctor", "syncline jobs schedule"])
    ]
  }

  /// Nothing mends them from here, but what they hold up is seen.
  private static func upstreams(_ overview: Overview) -> [Attention] {
    (overview.upstreams.value ?? []).map { upstream in
      Attention(
        text: StandstillChecks.text(upstream),
        commands: ["syncline doctor", "syncline jobs list --state retrying"])
    }
  }

  private static func approvals(_ overview: Overview) -> [Attention] {
    (overview.approvals.value ?? []).map { job in
      let id = job.text("id")
      return Attention(
        text: "\(job.text("kind")) of \(job.text("organization_id")) waits for approval: "
          + "\(job["error_message"] ?? job.text("error_code"))",
        commands: [
          "syncline jobs why \(id)", "syncline jobs approve \(id) --yes",
          "syncline jobs cancel \(id) --yes",
        ], page: "/job?id=\(id)")
    }
  }

  private static func silent(_ overview: Overview) -> [Attention] {
    (overview.silentJobs.value ?? []).map { job in
      Attention(
        text: "\(job.kind) of \(job.organization) has no worker for \(durationText(Double(job.seconds))): "
          + "\(job.owner ?? "its worker") went silent and nobody took it over",
        commands: ["syncline jobs why \(job.id)", "syncline worker"], page: "/job?id=\(job.id)")
    }
  }

  private static func unsettled(_ overview: Overview) -> [Attention] {
    (overview.unsettled.value ?? []).map { of($0, sources: overview.definitions.sources) }
  }

  /// A job that ended otherwise than it should have: a commit is mended at its conflicts or its drafts, a schema change
  /// by another one, a read that was empty by one that is not. `sources`: those that are defined; nil: not known.
  static func of(_ job: UnsettledJob, sources: Set<String>? = nil) -> Attention {
    let why = "\(job.code)\(job.message.isEmpty ? "" : ": \(job.message)")"
    let tenant = shellQuoted(job.organization)
    let retry = "syncline jobs retry \(job.id) --yes"
    let project = job.project.map { " " + shellQuoted($0) } ?? ""
    let remedy =
      switch (job.kind, job.code) {
      case ("read_sync", _) where job.isOfFormerSource(sources): [String]()
      case ("read_sync", _) where job.isGuarded:
        job.source.map { ["syncline sync run \(tenant) --source \(shellQuoted($0)) --mode full --wait"] } ?? []
      case ("draft_commit", EditCode.conflict): ["syncline conflicts list --organization \(tenant)"]
      // Done again, the same values would be refused again.
      case ("draft_commit", let code) where JobEnd.exit(.failed, code: code) == .invalid: drafts(job, tenant)
      case ("draft_commit", EditCode.forbidden): ["syncline permissions list --organization \(tenant)", retry]
      case ("read_sync", _), ("draft_commit", _): [retry]
      case ("schema_change", _):
        ["syncline schema history\(project) --errors"]
      case ("kpi_rebuild", _): ["syncline kpi rebuild \(tenant) --yes"]
      default: [String]()
      }
    let former = job.isOfFormerSource(sources) ? "; no source is named \(job.source ?? "") any more" : ""
    return Attention(
      text: "\(job.kind) of \(job.organization) \(job.isGuarded ? "has no effect," : "failed with") \(why)\(former)",
      commands: ["syncline jobs why \(job.id)"] + remedy, page: "/job?id=\(job.id)")
  }

  /// What to do about drafts that a commit refused: they are corrected, or given up.
  private static func drafts(_ job: UnsettledJob, _ tenant: String) -> [String] {
    guard let session = job.session else { return ["syncline drafts list --state draft"] }
    let (id, who) = (shellQuoted(session.id), shellQuoted(session.user))
    return [
      "syncline drafts check \(tenant) --session \(id) --user \(who)",
      "syncline drafts discard \(tenant) --session \(id) --user \(who)",
    ]
  }

  /// Letters of pushes are told as the edits that did not reach PEMS, where these are told.
  private static func letters(_ overview: Overview) -> [Attention] {
    let edits = overview.failedPushes.value ?? [:]
    return (overview.letters.value ?? []).filter { !$0.isTrue("is_push") || edits[$0.text("code")] == nil }.map {
      letter in
      let (count, id, code) = (letter.integer("count"), letter.integer("id"), letter.text("code"))
      let group = [("code", code), ("topic", letter.text("topic")), ("cause", letter.text("cause"))]
      let letters = count == 1 ? " \(id)" : shellOptions(group.map { (name: $0.0, value: $0.1) })
      let remedy = LetterRemedy(code)
      return Attention(
        text: "\(counted(Int(count), "message")) of \(letter.text("topic")) could not be applied, \(code): "
          + letter.text("cause") + (remedy.advice.map { "; \($0)" } ?? ""),
        commands: ["syncline dead-letters show \(id)"]
          + remedy.commands(letters, organization: letter["organization_id"]))
    }
  }

  private static func conflicts(_ overview: Overview) -> [Attention] {
    (overview.conflicts.value ?? []).map { conflict in
      let id = conflict.text("id")
      return Attention(
        text: "an edit of \(conflict.text("pfa_id")) by \(conflict.text("user_id")) waits for a decision, "
          + conflict.text("kind"),
        commands: [
          "syncline conflicts show \(id)", "syncline conflicts resolve \(id) --take mine",
          "syncline conflicts resolve \(id) --take theirs",
        ])
    }
  }

  private static func pushes(_ overview: Overview) -> [Attention] {
    (overview.failedPushes.value ?? [:]).sorted { $0.key < $1.key }.map { code, count in
      Attention(
        text: "\(counted(Int(count), "edit")) did not reach PEMS, \(code)",
        commands: [
          "syncline drafts list --state failed -o json",
          "syncline drafts retry --code \(shellQuoted(code)) --yes",
        ])
    }
  }

  /// Suspended organizations that work waits for.
  private static func suspended(_ overview: Overview) -> [Attention] {
    let rows = (overview.queue.value ?? []).filter { $0.isTrue("suspended") && $0.waiting > 0 }
    return Dictionary(grouping: rows) { $0.text("organization_id") }.sorted { $0.key < $1.key }.map { id, rows in
      let tenant = shellQuoted(id)
      return Attention(
        text: "organization \(id) is suspended; \(rows.map(\.waiting).reduce(0, +)) waiting",
        commands: [
          "syncline organizations show \(tenant)", "syncline organizations suspend \(tenant) --resume --yes",
        ], page: "/organization?id=\(percentEncoded(id))")
    }
  }

  /// Each pause once, with all the work that it holds, of whatever kinds and organizations.
  private static func pauses(_ overview: Overview) -> [Attention] {
    let paused = (overview.queue.value ?? []).filter { $0.isTrue("paused") }
    return paused.filter(\.isPause).map { pause in
      let (kind, organization) = (pause["kind"], pause["organization_id"])
      let held = paused.filter { $0["pause_kind"] == kind && $0["pause_organization_id"] == organization }
      let waiting = held.map(\.waiting).reduce(0, +)
      return Attention(
        text: "\(kind ?? "all work") of \(organization ?? "all organizations") is paused by \(pause.text("paused_by"))"
          + (pause["reason"].map { ": \($0)" } ?? "") + (waiting > 0 ? "; \(waiting) waiting" : ""),
        commands: ["syncline queue list", "syncline queue resume\(QueueSubject.options(kind, organization))"])
    }
  }

  /// Lag alone is work in progress; lag that nobody works on, or with something odd about it, is not. While no worker
  /// lives at all that is said once.
  private static func lags(_ overview: Overview) -> [Attention] {
    let alive = overview.crew.value.map { Set($0.alive.map(\.name)) }
    return (overview.lag.value ?? []).compactMap { partition in
      let place = "partition \(partition.partition) of \(partition.topic)"
      if let note = partition.note, partition.applied != nil {
        return Attention(text: "\(place): \(note)", commands: ["syncline lag", "syncline doctor"])
      }
      guard let lag = partition.lag, lag > 0, alive?.isEmpty != true else { return nil }
      let isLeft = partition.owner.map { owner in alive.map { !$0.contains(owner) } ?? false } ?? true
      guard isLeft else { return nil }
      let last = partition.owner.map { "; \($0), which had it, is gone" } ?? ""
      return Attention(
        text: "\(place) has \(counted(lag, "message")) and no worker\(last)",
        commands: ["syncline lag", "syncline worker"])
    }
  }
}

/// A row of the queue.
extension Facts {
  /// It is that of a pause itself, not of work that a wider pause holds.
  var isPause: Bool {
    isTrue("paused") && self["kind"] == self["pause_kind"] && self["organization_id"] == self["pause_organization_id"]
  }

  /// Jobs, edits and messages that have not begun.
  fileprivate var waiting: Int64 { integer("queued") + integer("retrying") + integer("held_messages") }
}
