import PEMS
import Runtime
import SyncStore

/// Names that the jobs directory defines, as far as it can be read here: what it names no more waits for nobody.
struct Definitions: Sendable {
  /// Jobs that are to be fired; nil: they can not be read.
  var enabledJobs: Set<String>?
  /// Sources, whether they can be used here or not; nil: there is none, or they can not be read. Then this is no place
  /// to tell which are no more.
  var sources: Set<String>?

  init(enabledJobs: Set<String>? = nil, sources: Set<String>? = nil) {
    self.enabledJobs = enabledJobs
    self.sources = sources
  }

  init(_ settings: Settings, _ environment: [String: String]) {
    enabledJobs = (try? settings.jobCatalog(environment)).map { Set($0.jobs.filter(\.isEnabled).map(\.name)) }
    let names = (try? settings.sourceCatalog(environment)).map { Set($0.sources.keys).union($0.unconfigured.keys) }
    sources = names.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension UnsettledJob {
  /// A read that can not be done again, because nothing is defined under the name of its source.
  func isOfFormerSource(_ sources: Set<String>?) -> Bool {
    guard kind == "read_sync", let source, let sources else { return false }
    return !sources.contains(source)
  }
}
