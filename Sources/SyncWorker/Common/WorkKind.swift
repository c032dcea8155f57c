/// The kinds of work a worker can be told to do or leave: each with the topic it consumes.
package enum WorkKind: String, CaseIterable, Sendable {
  case readSync = "read_sync"
  case kpiRebuild = "kpi_rebuild"
  case writeBack = "write_back"

  package static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }

  func topic(_ topics: Topics) -> String {
    switch self {
    case .readSync: topics.readSync
    case .kpiRebuild: topics.kpiRefresh
    case .writeBack: topics.writeBack
    }
  }
}
