import SyncDomain
import YAML

/// The sources that jobs can name, read from `Jobs/*.yaml`.
package struct SourceCatalog: Sendable {
  /// Usable sources by name.
  package let sources: [String: SourceDefinition]
  /// Sources that are defined well but lack a variable or a secret's file here, with what they lack.
  package let unconfigured: [String: [CatalogFault]]

  package init(sources: [String: SourceDefinition], unconfigured: [String: [CatalogFault]] = [:]) {
    self.sources = sources
    self.unconfigured = unconfigured
  }

  /// Reads every `.yaml` and `.yml` file of the directory, in order of name. Throws all faults of all files at once;
  /// a missing variable or secret is none of them: it matters when its source is used. Blocks for reading small
  /// files.
  package static func load(
    directory: String, environment: [String: String]
  ) throws(CatalogErrors) -> SourceCatalog {
    guard let names = SmallFile.names(in: directory) else {
      throw CatalogErrors(faults: [.unreadable(directory: directory)])
    }
    var loader = Loader(environment: environment)
    for name in names where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      loader.read(file: directory + "/" + name)
    }
    guard loader.faults.isEmpty else { throw CatalogErrors(faults: loader.faults) }
    return SourceCatalog(sources: loader.sources, unconfigured: loader.unconfigured)
  }

  /// The definition of that name. Throws SOURCE_NOT_FOUND with the nearest name, or SOURCE_NOT_CONFIGURED with what
  /// is missing.
  package func source(_ name: String) throws(SourceError) -> SourceDefinition {
    if let definition = sources[name] { return definition }
    if let missing = unconfigured[name] {
      throw SourceError(
        .sourceNotConfigured,
        "source \(name) can not be used: "
          + missing.map(\.description).joined(separator: "; "), hint: "set it and try again")
    }
    let all = (Array(sources.keys) + Array(unconfigured.keys)).sorted()
    let nearest = NearestName.of(name, in: all).map { "did you mean \($0)? " } ?? ""
    throw SourceError(
      .sourceNotFound, "no source is named \(name)",
      hint: nearest
        + (all.isEmpty
          ? "none is defined in the jobs directory: define one there, or name another with SYNCLINE_JOBS_DIR"
          : "name one that is defined: " + all.joined(separator: ", ")))
  }
}

private struct Loader {
  let environment: [String: String]
  var sources: [String: SourceDefinition] = [:]
  var unconfigured: [String: [CatalogFault]] = [:]
  var faults: [CatalogFault] = []
  private var places: [String: String] = [:]

  init(environment: [String: String]) { self.environment = environment }

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
    guard !root.isNull else { return }
    let top = DefinitionReader(file: file, node: root, environment: environment)
    // Schedules live in the same files; the scheduler reads them.
    _ = top.value("jobs")
    if let list = top.value("sources") {
      if let items = list.sequence {
        for item in items { readSource(file: file, item) }
      } else {
        top.fault(list, "sources: expected a list, found \(list.kind)")
      }
    }
    top.finish()
    faults += top.faults
  }

  private mutating func readSource(file: String, _ node: YAMLNode) {
    let reader = DefinitionReader(file: file, node: node, environment: environment)
    let definition = SourceDefinition(reading: reader)
    faults += reader.faults
    guard !definition.name.isEmpty else { return }
    let place = "\(file):\(node.line)"
    if let first = places.updateValue(place, forKey: definition.name) {
      faults.append(
        CatalogFault(file: file, line: node.line, message: "source \(definition.name) is defined already, at \(first)"))
    }
    if reader.missing.isEmpty {
      sources[definition.name] = definition
    } else {
      unconfigured[definition.name] = reader.missing
    }
  }
}
