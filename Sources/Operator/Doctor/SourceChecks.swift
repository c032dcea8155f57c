import FoundationEssentials
import PEMS
import Runtime

/// Whether the definitions of `Jobs/` can be read.
enum SourceChecks {
  static func run(_ settings: Settings, environment: [String: String]) -> [Check] {
    let directory = settings.jobsDirectory
    let isNamed = settings.origins[SettingDefinition.jobsDirectory.name] != nil
    if !isNamed, !FileManager.default.fileExists(atPath: directory) {
      return [
        Check(
          "sources", .note, "there is no directory \(directory) here, so no source can be named",
          remedy: "set \(SettingDefinition.jobsDirectory.name)")
      ]
    }
    do {
      let catalog = try SourceCatalog.load(directory: directory, environment: environment)
      let usable = catalog.sources.keys.sorted().joined(separator: ", ")
      let checks = [Check("sources", .ok, "\(catalog.sources.count) in \(directory): \(usable)")]
      return checks
        + catalog.unconfigured.sorted { $0.key < $1.key }.map { name, lacks in
          Check(
            "sources", .note, "\(name) can not be used here: " + lacks.map(\.description).joined(separator: "; "),
            remedy: "set what is missing before a sync names it")
        }
    } catch {
      return error.faults.map { Check("sources", .error, $0.description, remedy: ServiceErrorRules.remedy($0)) }
    }
  }
}
