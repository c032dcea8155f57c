import PEMS
import Postgres
import Runtime
import SyncWorker

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
