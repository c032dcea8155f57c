import Postgres
import SyncStore

/// `syncline jobs show ID`: one job with its history, its run and the first of its issues.
enum JobsShowCommand {
  static let command = Command(
    path: ["jobs", "show"], summary: "Show one job, what happened to it, its log row and its issues",
    arguments: [Argument("ID", "the job")], options: [.issues],
    examples: [Example("syncline jobs show 3f0c4c1e-0000-4000-8000-000000000000 -o json", "for a script")],
    needs: [.database]
  ) { invocation in
    let id = try Subjects.jobId(try invocation.argument("ID"))
    let group = try invocation.settings().group
    let (report, request) = try await Database.read(invocation) {
      session -> (JobReport?, (JobRequest, RequestVerdict)?) in
      guard try JobReports.job(session, id) != nil else {
        return (nil, try JobSubject.request(session, id, group: group))
      }
      return (
        try JobReport(session, id, issues: invocation.integer("issues") ?? 20, format: invocation.output.format), nil
      )
    }
    try report?.write(to: invocation.output)
    if let (request, verdict) = request {
      try invocation.output.show(JobSubject.columns, JobSubject.cells(request))
      invocation.output.message(verdict.why)
    }
    return .ok
  }
}
