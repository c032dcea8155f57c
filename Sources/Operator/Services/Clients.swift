import PEMS
import Postgres
import Runtime
import SyncWorker

/// Everything that is wrong with what a service was given: settings and jobs directory at once. Never empty.
struct ConfigurationErrors: Error {
  let errors: [CommandError]
}

extension Invocation {
  /// Settings and what `load` makes of the jobs directory; the faults of both at once.
  func configured<Catalog>(
    _ load: (Settings, [String: String]) throws -> Catalog
  ) throws -> (settings: Settings, catalog: Catalog) {
    let rules = ServiceErrorRules.all
    do {
      let settings = try settings()
      return (settings, try load(settings, environment))
    } catch let wrong as SettingsErrors {
      // The directory may be named well all the same.
      var settings = Settings()
      if let given = environment[SettingDefinition.jobsDirectory.name], !given.isEmpty {
        settings.jobsDirectory = given
      }
      do {
        _ = try load(settings, environment)
        throw wrong
      } catch let errors as CatalogErrors {
        throw ConfigurationErrors(
          errors: CommandError.explain(wrong, rules: rules) + CommandError.explain(errors, rules: rules))
      }
    }
  }
}

/// What services make of the settings.
extension Settings {
  /// Nil `databaseURL` leaves everything to libpq's `PG*` variables.
  package func postgresOptions(applicationName: String) -> PGOptions {
    PGOptions(url: databaseURL?.reveal(), applicationName: applicationName)
  }

  package var topics: Topics { Topics(prefix: topicPrefix) }

  /// Throws CatalogErrors with every fault of every file.
  package func sourceCatalog(_ environment: [String: String]) throws -> SourceCatalog {
    try SourceCatalog.load(directory: jobsDirectory, environment: environment)
  }
}
