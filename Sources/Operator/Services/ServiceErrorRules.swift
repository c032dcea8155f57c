import HTTP
import PEMS

/// How errors of sources and of our own HTTP port become exit codes and hints.
enum ServiceErrorRules {
  static let all: [ErrorRule] = [configuration, catalog, source, http]

  private static let configuration: ErrorRule = { ($0 as? ConfigurationErrors)?.errors }

  private static let catalog: ErrorRule = { error in
    guard let error = error as? CatalogErrors else { return nil }
    return error.faults.map {
      CommandError(.usage, "INVALID_JOBS", $0.description, hint: remedy($0))
    }
  }

  /// What to do about a fault of the jobs directory.
  static func remedy(_ fault: CatalogFault) -> String {
    if fault.isOfDirectory {
      return "make the directory, run this where it is, or set SYNCLINE_JOBS_DIR to one that this user can read"
    }
    return fault.message.contains("tzdata")
      ? "install the package tzdata, or set TZDIR, or mend the zone's name" : "mend the file, or set SYNCLINE_JOBS_DIR"
  }

  private static let source: ErrorRule = { error in
    guard let error = error as? SourceError else { return nil }
    let isAbsent = error.reason == .sourceNotFound || error.reason == .fileNotFound
    let exit: ExitCode = isAbsent ? .notFound : .failure
    return [CommandError(exit, error.code, error.message, hint: error.hint)]
  }

  private static let http: ErrorRule = { error in
    guard let error = error as? HTTPServer.StartError else { return nil }
    return [
      CommandError(.failure, "PORT_UNAVAILABLE", "\(error)", hint: "set SYNCLINE_HTTP_PORT; 0 takes any free port")
    ]
  }
}
