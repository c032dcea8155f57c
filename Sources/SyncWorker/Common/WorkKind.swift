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

  /// Somebody waits for it: it has connections of its own, so that it never queues behind bulk work.
  var isInteractive: Bool { self == .draftCommit }

  /// A tenth of a second counts.
  var isUrgent: Bool { self == .draftCommit || self == .readSync }

  /// The slot of the totals that a partition's lane adds to. Edits by `update_mirror_with_lock` have 0 to 15, spread by
  /// their backends.
  ///
  /// A lane that changes records twice in one transaction holds its slots while it waits for the second ones. Whoever
  /// holds those must not wait for these slots in turn: so lanes of two kinds, and edits, never share any.
  package static func slot(of kind: String, partition: Int32) -> Int {
    let place = allCases.firstIndex { $0.rawValue == kind } ?? allCases.count
    return 16 + place * 64 + Int(partition) % 64
  }

  /// The kinds whose messages only queue a job, for the job runner to drive.
  static let drivenByJobs: Set<WorkKind> = [.readSync, .schemaChange]
}
