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
    let group = try invocation.settings().group
    let row = try await Database.read(invocation) { session -> Row in
      if let job = try JobReports.circumstances(session, id) {
        let verdict = JobVerdict(job)
        return Row(
          id: job.id, state: job.state.rawValue, code: job.errorCode, why: verdict.why, evidence: verdict.evidence)
      }
      let (request, verdict) = try JobSubject.request(session, id, group: group)
      return Row(
        id: id, state: "requested", code: request.deadLetterCode, why: verdict.why, evidence: verdict.evidence)
    }
    if invocation.output.format == .table {
      try invocation.output.text(printable("\(row.why) (\(row.evidence))") + "\n")
    } else {
      let columns = ["id", "state", "error_code", "why", "evidence"].map { Column($0) }
      try invocation.output.show(
        columns, [.text(row.id), .text(row.state), .text(row.code), .text(row.why), .text(row.evidence)])
    }
    return .ok
  }

  private struct Row: Sendable {
    let id: String
    let state: String
    let code: String?
    let why: String
    let evidence: String
  }
}
