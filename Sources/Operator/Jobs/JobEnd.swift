import PEMS
import SyncDomain
import SyncStore

/// How a command ends that has waited for a job: one table for `jobs watch` and every `--wait`. Pure.
enum JobEnd {
  /// Of a job that is final or waits for approval.
  static func exit(_ job: JobStatus) -> ExitCode {
    exit(job.state, code: job.errorCode, leavesConflicts: job.kind == "draft_commit" && job.result == "with_conflicts")
  }

  /// `leavesConflicts`: a commit took effect in part, the rest waits as conflicts.
  static func exit(_ state: JobState, code: String?, leavesConflicts: Bool = false) -> ExitCode {
    switch state {
    case .awaitingApproval: .findings
    // A guard kept it from its effect.
    case .succeeded where code != nil: .findings
    case .succeeded: leavesConflicts ? .conflict : .ok
    case .failed, .cancelled, .queued, .running, .retrying: code.flatMap { codes[$0] } ?? .failure
    }
  }

  /// Whoever waits need not wait any longer: it has ended, or somebody must decide first.
  static func isReached(_ state: JobState) -> Bool { state.isFinal || state == .awaitingApproval }

  /// Codes of jobs that are more than a failure.
  private static let codes: [String: ExitCode] = {
    var codes: [String: ExitCode] = [
      "JOB_ALREADY_RUNNING": .conflict, EditCode.conflict: .conflict,
      SourceError.Code.sourceNotFound.rawValue: .notFound, SourceError.Code.fileNotFound.rawValue: .notFound,
    ]
    let refusals = [
      EditCode.invalidDateOrder, EditCode.missingRequiredField, EditCode.invalidValue, EditCode.invalidEnumValue,
      EditCode.invalidRange, EditCode.invalidType, EditCode.businessRuleViolation, EditCode.fieldNotEditable,
    ]
    for code in refusals { codes[code] = .invalid }
    for code in SchemaFault.Code.allCases { codes[code.rawValue] = code.exit }
    return codes
  }()
}
