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
    guard let job = try await Database.read(invocation, { try JobReports.circumstances($0, id) }) else {
      throw Subjects.noJob(id)
    }
    let verdict = JobVerdict(job)
    if invocation.output.format == .table {
      try invocation.output.text(printable("\(verdict.why) (\(verdict.evidence))") + "\n")
    } else {
      let columns = ["id", "state", "error_code", "why", "evidence"].map { Column($0) }
      try invocation.output.show(
        columns,
        [.text(job.id), .text(job.state.rawValue), .text(job.errorCode), .text(verdict.why), .text(verdict.evidence)])
    }
    return .ok
  }
}
