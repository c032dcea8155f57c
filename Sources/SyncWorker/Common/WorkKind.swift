/// The kinds of work a worker can be told to do or leave: each with the topic it consumes.
package enum WorkKind: String, CaseIterable, Sendable {
  case readSync = "read_sync"
  case schemaChange = "schema_change"
  case kpiRebuild = "kpi_rebuild"

  package static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }

  func topic(_ topics: Topics) -> String {
    switch self {
    case .readSync: topics.readSync
    case .schemaChange: topics.schemaChange
    case .kpiRebuild: topics.kpiRefresh
    }
  }

  /// The kinds whose messages only queue a job, for the job runner to drive.
  static let drivenByJobs: Set<WorkKind> = [.readSync, .schemaChange]
}
