import Runtime
import SyncStore
import SyncWorker

/// What `doctor` says of work that does not go on by itself. Pure.
enum StandstillChecks {
  static func workers(_ crew: Crew, _ waiting: StandstillReports.WaitingWork) -> Check {
    let silent = crew.lastSeen.map { "; \($0.name) fell silent \(durationText(Double($0.silentFor))) ago" } ?? ""
    guard !crew.alive.isEmpty else {
      let parts = waiting.parts
      let remedy = "start one: 'syncline worker'"
      return parts.isEmpty
        ? Check("workers", .note, "none lives, and nothing waits for one\(silent)", remedy: remedy)
        : Check("workers", .warning, "none lives; waiting: \(parts.joined(separator: ", "))\(silent)", remedy: remedy)
    }
    let names = crew.alive.map(\.name).joined(separator: ", ")
    let undone = WorkKind.allCases.map(\.rawValue).filter { crew.able($0).isEmpty }
    guard undone.isEmpty else {
      return Check(
        "workers", .note, "\(names); none does \(undone.joined(separator: ", "))",
        remedy: "start 'syncline worker --only \(shellQuoted(undone.joined(separator: ",")))' if that is to be done")
    }
    return Check("workers", .ok, "\(counted(crew.alive.count, "worker")): \(names)\(silent)")
  }

  static func deadLetters(_ open: [(code: String, count: Int64)]) -> Check {
    guard !open.isEmpty else { return Check("dead letters", .ok, "none is open") }
    let list = open.sorted { ($1.count, $0.code) < ($0.count, $1.code) }.map { "\($0.count) with \($0.code)" }
    return Check(
      "dead letters", .warning, list.joined(separator: ", "),
      remedy: "see 'syncline dead-letters list'; 'syncline top --once' has what to do about each cause"
    )
  }

  /// `first`: the id of one of them.
  static func approvals(_ count: Int64, first id: String?) -> Check {
    guard count > 0 else { return Check("approvals", .ok, "no job waits for one") }
    guard count == 1, let id else {
      return Check(
        "approvals", .warning, "\(counted(count, "job")) wait for approval",
        remedy: "see 'syncline jobs list --state awaiting_approval'; approve or cancel each")
    }
    return Check(
      "approvals", .warning, "1 job waits for approval",
      remedy: "see 'syncline jobs why \(id)', then 'syncline jobs approve \(id)' or 'syncline jobs cancel \(id)'")
  }

  /// Reads that failed or that a guard kept from their effect, and that nothing has made up for: what their
  /// organizations show gets old. Those of organizations that are not active wait for nobody, nor do those of sources
  /// that are defined no more. `sources`: those that are; nil: it is not known.
  static func reads(_ unsettled: [UnsettledJob], sources: Set<String>? = nil) -> Check {
    let reads = newest(unsettled.filter { needsReading($0, sources) })
    guard let first = reads.first else {
      return Check("reads", .ok, "none has failed that no later one covers, and no newest full read was empty")
    }
    return Check("reads", .warning, list(reads), remedy: remedy(first))
  }

  /// Other jobs that failed, and that nothing has made up for. Not the machinery's fault, so worth a note.
  static func failures(_ unsettled: [UnsettledJob], sources: Set<String>? = nil) -> Check {
    let failed = unsettled.filter { !needsReading($0, sources) }
    let former = newest(failed.filter { $0.isOfFormerSource(sources) })
    let others = failed.filter { !$0.isOfFormerSource(sources) }
    guard let first = (others + former).first else {
      return Check("failures", .ok, "no other job needs somebody")
    }
    return Check(
      "failures", .note, list(others + former),
      remedy: first.isOfFormerSource(sources)
        ? "no source of the jobs directory is named \(first.source ?? ""): nothing, if none is to be; else define it, "
          + "then 'syncline jobs retry \(first.id) --yes'"
        : remedy(first))
  }

  private static func needsReading(_ job: UnsettledJob, _ sources: Set<String>?) -> Bool {
    (job.isGuarded || job.kind == "read_sync" && job.isActive) && !job.isOfFormerSource(sources)
  }

  /// A scheduled read fails again and again for one reason: the newest tells it.
  private static func newest(_ jobs: [UnsettledJob]) -> [UnsettledJob] {
    var seen: Set<[String]> = []
    return jobs.filter { seen.insert([$0.organization, $0.source ?? "", $0.code]).inserted }
  }

  private static func list(_ jobs: [UnsettledJob]) -> String {
    let shown = jobs.prefix(namedJobs).map { Attention.of($0).text }.joined(separator: "; ")
    return jobs.count > namedJobs ? "\(shown); and \(jobs.count - namedJobs) more" : shown
  }

  private static let namedJobs = 5

  private static func remedy(_ job: UnsettledJob) -> String {
    "of the first: " + Attention.of(job).commands.map { "'\($0)'" }.joined(separator: ", then ")
  }

  /// Upstreams that are left alone because they do not answer.
  static func upstreams(_ open: [BreakerStore.Open]) -> Check {
    guard !open.isEmpty else { return Check("upstreams", .ok, "none is left alone") }
    return Check(
      "upstreams", .warning, open.map(text).joined(separator: "; "),
      remedy: "bring it back, or mend the source in the jobs directory and restart the workers; pushes and reads wait "
        + "and go on by themselves with its first answer")
  }

  /// Since when it does not answer, when it is asked again, and its last words.
  static func text(_ upstream: BreakerStore.Open) -> String {
    "\(upstream.tenant) has not answered since \(upstream.since), "
      + (upstream.rests ? "nobody asks it before \(upstream.until)" : "one request may ask it since \(upstream.until)")
      + "; last \(upstream.code): \(upstream.message)"
  }

  static func pauses(_ old: [StandstillReports.Pause]) -> Check {
    guard let oldest = old.first else { return Check("pauses", .ok, "none is older than a day") }
    let what = "\(oldest.kind ?? "all work") of \(oldest.organization ?? "all organizations")"
    return Check(
      "pauses", .warning,
      "\(counted(old.count, "pause")) older than a day, the first, of \(what), by \(oldest.by) "
        + "\(durationText(Double(oldest.age))) ago",
      remedy: "'syncline queue list'; to go on: "
        + "'syncline queue resume\(QueueSubject.options(oldest.kind, oldest.organization))'")
  }

  static func projects(_ stuck: [StandstillReports.Project]) -> Check {
    guard !stuck.isEmpty else { return Check("projects", .ok, "none is in error or left alone") }
    let list = stuck.map { project in
      project.status == "error"
        ? "\(project.id) of \(project.organization) is in error"
        : "\(project.id) of \(project.organization) is applying, its lease ended "
          + "\(durationText(Double(max(0, project.lapsedFor ?? 0)))) ago"
    }
    let broken = stuck.first { $0.status == "error" }
    return Check(
      "projects", broken == nil ? .warning : .error, list.joined(separator: "; "),
      remedy: broken.map { project in
        "compare the target's __schema_metadata__ with 'syncline schema history \(shellQuoted(project.id))', "
          + "bring schema_data and version in line, and set the project's status to ready"
      } ?? "start a worker, which finishes it: 'syncline worker'")
  }

  static func overrides(_ orphans: [StandstillReports.Override]) -> Check {
    guard !orphans.isEmpty else { return Check("overrides", .ok, "every kept value of PEMS has its edit") }
    let list = orphans.map { "\($0.organization) \($0.pfaId): \($0.fields.joined(separator: ", "))" }
    return Check(
      "overrides", .warning, "PEMS' own values are kept for edits that are not open: \(list.joined(separator: "; "))",
      remedy: "PEMS has another value than we do: edit the field again, so that it is pushed or becomes a conflict: "
        + "'syncline drafts create --help'")
  }

  static func triggers(_ idle: [IdleTrigger]) -> Check {
    idle.isEmpty
      ? Check("triggers", .ok, "every one fires")
      : Check(
        "triggers", .error, idle.map(\.description).joined(separator: "; "),
        remedy: "run 'syncline migrate up', which brings them back; changes made meanwhile have no history")
  }

  /// `enabled`: jobs of the jobs directory that are to be fired.
  static func scheduler(enabled: Int, _ schedules: StandstillReports.Schedules) -> Check {
    let start = "start one: 'syncline scheduler'"
    let late =
      "\(schedules.overdue) of \(schedules.active) schedules overdue, the first, \(schedules.first ?? "-"), for "
      + durationText(Double(max(0, schedules.worst ?? 0)))
    if let leader = schedules.leader {
      return schedules.overdue == 0
        ? Check("scheduler", .ok, "\(leader) leads, \(counted(Int(schedules.active), "schedule"))")
        : Check("scheduler", .warning, "\(leader) leads, and has \(late)", remedy: "read its log, or restart it")
    }
    if schedules.overdue > 0 { return Check("scheduler", .warning, "none leads: \(late)", remedy: start) }
    if schedules.active > 0 {
      let text = "none leads, so \(counted(Int(schedules.active), "schedule")) will not be fired"
      return Check("scheduler", .warning, text, remedy: start)
    }
    return enabled == 0
      ? Check("scheduler", .ok, "no job is scheduled")
      : Check(
        "scheduler", .note, "none has run here; \(counted(enabled, "job")) of the jobs directory will not be fired",
        remedy: "\(start), unless something else asks for that work")
  }
}

extension StandstillReports.WaitingWork {
  /// What there is of it, for a list.
  var parts: [String] {
    [(jobs, "due job"), (requests, "request"), (messages, "message")].filter { $0.0 > 0 }.map {
      counted($0.0, $0.1)
    }
  }
}
