import Runtime
import SyncStore

/// `syncline jobs why ID`: in one line what a job is waiting for or died of, with evidence.
enum JobsWhyCommand {
  static let command = Command(
    path: ["jobs", "why"], summary: "Say in one line what a job is waiting for or died of",
    arguments: [Argument("ID", "the job")],
    examples: [Example("syncline jobs why 3f0c4c1e-0000-4000-8000-000000000000", "what is it doing?")],
    needs: [.database]
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    let settings = try invocation.settings()
    let row = try await row(id, invocation, settings)
    if invocation.output.format == .table {
      try invocation.output.text(printable("\(row.why) (\(row.evidence))") + "\n")
    } else {
      let columns = ["id", "state", "error_code", "why", "evidence"].map { Column($0) }
      try invocation.output.show(
        columns, [.text(row.id), .text(row.state), .text(row.code), .text(row.why), .text(row.evidence)])
    }
    return .ok
  }

  private static func row(_ id: String, _ invocation: Invocation, _ settings: Settings) async throws -> Row {
    let (job, asked) = try await Database.read(invocation) { session -> (Row?, (request: JobRequest, crew: Crew)?) in
      if let job = try JobReports.circumstances(session, id) {
        let verdict = JobVerdict(job)
        return (
          Row(
            id: job.id, state: job.state.rawValue, code: job.errorCode, why: verdict.why, evidence: verdict.evidence),
          nil
        )
      }
      return (nil, try JobSubject.asked(session, id, group: settings.group))
    }
    if let job { return job }
    guard let (asked, crew) = asked else { throw Subjects.noJob(id) }
    var request = asked
    request.loss = await RequestLoss.find(request, settings, environment: invocation.environment)
    let verdict = RequestVerdict(request, crew, group: settings.group)
    return Row(
      id: id, state: "requested", code: request.deadLetterCode, why: verdict.why, evidence: verdict.evidence)
  }

  private struct Row: Sendable {
    let id: String
    let state: String
    let code: String?
    let why: String
    let evidence: String
  }
}
