import Kafka
import Postgres
import SyncStore

/// How errors of Postgres, Kafka and the migrator look to whoever runs a command.
enum ErrorRules {
  static let all: [ErrorRule] = [postgres, kafka, migrator]

  private static let postgres: ErrorRule = { error in
    guard let error = error as? PGError else { return nil }
    return [explain(error)]
  }

  private static let kafka: ErrorRule = { error in
    guard let error = error as? KafkaError else { return nil }
    if error.isLoginRefused {
      let hint = "check SYNCLINE_KAFKA_SASL_MECHANISM, SYNCLINE_KAFKA_SASL_USERNAME and SYNCLINE_KAFKA_SASL_PASSWORD"
      return [CommandError(.unreachable, "KAFKA_LOGIN_REFUSED", "Kafka refuses the login: \(error)", hint: hint)]
    }
    if error.isTLSRefused {
      let hint = "check SYNCLINE_KAFKA_SSL_CA_LOCATION and the names in KAFKA_BOOTSTRAP_SERVERS"
      return [CommandError(.unreachable, "KAFKA_TLS_REFUSED", "TLS with Kafka failed: \(error)", hint: hint)]
    }
    if error.isUnreachable {
      let hint = "check KAFKA_BOOTSTRAP_SERVERS and that the brokers run, or start 'syncline dev'"
      return [CommandError(.unreachable, "KAFKA_UNREACHABLE", "Kafka can not be reached: \(error)", hint: hint)]
    }
    return [CommandError(.failure, "KAFKA_FAILED", "Kafka: \(error)", hint: "run 'syncline doctor'")]
  }

  private static let migrator: ErrorRule = { error in
    guard let fault = error as? Migrator.Fault else { return nil }
    switch fault {
    case .changed:
      let hint = "use the program that migrated this database, or one that has its migrations unchanged"
      return [CommandError(.failure, "MIGRATION_CHANGED", fault.description, hint: hint)]
    case .newer:
      return [CommandError(.failure, "SCHEMA_NEWER", fault.description, hint: "use a newer syncline")]
    }
  }

  static func explain(_ error: PGError) -> CommandError {
    if error.isUnreachable || error.kind == .poolTimeout {
      let hint =
        error.isCrowded
        ? "raise max_connections, run fewer workers, or put a pooler between: a worker opens about ten, a scheduler "
          + "three, a command one"
        : "check DATABASE_URL and that the server runs, or start 'syncline dev'"
      // libpq's advice of several lines begins with the second.
      let cause = error.description.split(separator: "\n").first.map(String.init) ?? error.description
      return CommandError(
        .unreachable, "DATABASE_UNREACHABLE", "the database can not be reached: \(cause)", hint: hint)
    }
    if isSchemaMissing(error) {
      let message = "this database does not have the schema of this program: \(error)"
      return CommandError(.failure, "SCHEMA_MISSING", message, hint: "run 'syncline migrate up'")
    }
    switch error.sqlstate {
    case "42501":
      let hint = "connect as the login that ran 'syncline migrate up', or run it to the end"
      return CommandError(.failure, "NOT_PERMITTED", "the database refuses this: \(error)", hint: hint)
    case "57014":
      let message = "the database ended a statement that took too long"
      return CommandError(.timedOut, "STATEMENT_TIMEOUT", message, hint: "try again when there is less to do")
    case "55P03":
      return CommandError(.locked, "LOCKED", "somebody else holds a lock: \(error)", hint: "try again")
    default:
      return CommandError(.failure, "DATABASE_FAILED", "the database: \(error)", hint: "run 'syncline doctor'")
    }
  }

  /// An unknown table, column, function or type, or roles that the first migration makes.
  static func isSchemaMissing(_ error: PGError) -> Bool {
    guard error.kind == .server, let sqlstate = error.sqlstate else { return false }
    return ["42P01", "42703", "42883", "42704"].contains(sqlstate)
      || (sqlstate == "22023" && error.message.contains("syncline_"))
  }
}
