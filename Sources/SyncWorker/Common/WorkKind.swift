import SyncDomain

/// The kinds of work a worker can be told to do or leave: each with the topic it consumes.
package enum WorkKind: String, CaseIterable, Sendable {
  case readSync = "read_sync"
  case schemaChange = "schema_change"
  case kpiRebuild = "kpi_rebuild"
  case writeBack = "write_back"
  case draftCommit = "draft_commit"

  package static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }

  func topic(_ topics: Topics) -> String {
    switch self {
    case .readSync: topics.readSync
    case .schemaChange: topics.schemaChange
    case .kpiRebuild: topics.kpiRefresh
    case .writeBack: topics.writeBack
    case .draftCommit: topics.draftCommit
    }
  }

  /// The kind on whose topic events of a type travel (contract section 3); nil for a type that is none of ours.
  package static func home(of type: String) -> WorkKind? {
    switch type {
    case ReadSyncMessage.requestedType, ReadSyncMessage.pageType, ReadSyncMessage.changedType: .readSync
    case DraftCommitRequest.type: .draftCommit
    case WriteBackMessage.requestedType: .writeBack
    case SchemaChangeRequest.type: .schemaChange
    case KPIRebuildMessage.type: .kpiRebuild
    default: nil
    }
  }

  /// The kind whose messages a topic carries; nil for a topic of none.
  static func of(topic: String, _ topics: Topics) -> WorkKind? { allCases.first { $0.topic(topics) == topic } }

  /// Somebody waits for it: it has connections of its own, so that it never queues behind bulk work.
  var isInteractive: Bool { self == .draftCommit }

  /// The kinds whose messages only queue a job, for the job runner to drive.
  static let drivenByJobs: Set<WorkKind> = [.readSync, .schemaChange]
}
