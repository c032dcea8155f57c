import PEMS
import SyncDomain
import YAML

/// The scheduled jobs of `Jobs/*.yaml`.
package struct JobCatalog: Sendable {
  /// In the order of files and lines.
  package let jobs: [ScheduledJob]

  package init(jobs: [ScheduledJob]) { self.jobs = jobs }

  /// Reads `jobs:` of every `.yaml` and `.yml` file of the directory. `sources`: names a read sync may have. Throws all
  /// faults of all files at once. Blocks for reading small files.
  package static func load(
    directory: String, environment: [String: String], sources: Set<String>
  ) throws(CatalogErrors) -> JobCatalog {
    guard let names = SmallFile.names(in: directory) else {
      throw CatalogErrors(faults: [.unreadable(directory: directory)])
    }
    var loader = Loader(environment: environment, sources: sources)
    for name in names where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      loader.read(file: directory + "/" + name)
    }
    guard loader.faults.isEmpty else { throw CatalogErrors(faults: loader.faults) }
    return JobCatalog(jobs: loader.jobs)
  }
}

private struct Loader {
  let environment: [String: String]
  let sources: Set<String>
  var jobs: [ScheduledJob] = []
  var faults: [CatalogFault] = []
  private var places: [String: String] = [:]

  init(environment: [String: String], sources: Set<String>) {
    self.environment = environment
    self.sources = sources
  }

  mutating func read(file: String) {
    guard let bytes = SmallFile.read(file) else {
      faults.append(CatalogFault(file: file, line: 0, message: "cannot read this file"))
      return
    }
    do throws(YAMLError) {
      read(file: file, root: try YAMLDocument.parse(bytes, file: file))
    } catch {
      faults.append(CatalogFault(file: error.file, line: error.line, message: error.message))
    }
  }

  private mutating func read(file: String, root: YAMLNode) {
    // What else may stand there is the source catalog's business.
    guard root.mapping != nil, let list = root["jobs"], !list.isNull else { return }
    guard let items = list.sequence else {
      faults.append(CatalogFault(file: file, line: list.line, message: "jobs: expected a list, found \(list.kind)"))
      return
    }
    for item in items { readJob(file: file, item) }
  }

  private mutating func readJob(file: String, _ node: YAMLNode) {
    let reader = DefinitionReader(file: file, node: node, environment: environment)
    let job = ScheduledJob(
      reading: reader, sources: sources, zones: TimeZoneDirectory(environment: environment))
    faults += reader.faults + reader.missing
    guard let job else { return }
    if let first = places.updateValue("\(file):\(node.line)", forKey: job.name) {
      faults.append(
        CatalogFault(file: file, line: node.line, message: "job \(job.name) is defined already, at \(first)"))
    }
    jobs.append(job)
  }
}
