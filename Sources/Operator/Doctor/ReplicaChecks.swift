import Postgres
import Runtime
import SyncStore

/// What `doctor` looks at on the read replica, where one is configured.
enum ReplicaChecks {
  private static let name = "read replica"
  /// A report that is older than this surprises its reader.
  private static let patience = 60

  static func run(_ settings: Settings) async throws -> [Check] {
    guard settings.readDatabaseURL != nil else { return [] }
    return [
      try await Check.of(name) {
        let found = try await Database.onReplica(settings) { session in
          (try HealthReports.replica(session), try Migrator.isCurrent(session))
        }
        guard let (replica, isCurrent) = found else { return Check(name, .ok, "none") }
        return judge(replica, isCurrent: isCurrent)
      }
    ]
  }

  /// Pure.
  static func judge(_ replica: HealthReports.Replica, isCurrent: Bool) -> Check {
    guard isCurrent else {
      return Check(
        name, .error, "its schema is not that of this program",
        remedy:
          "check that \(SettingDefinition.readDatabaseURL.name) names a replica of this database, and that it replays")
    }
    guard replica.isStandby else {
      return Check(name, .note, "it is no standby; what it shows is as new as whoever copies to it")
    }
    let text = "\(replica.seconds) s behind"
    return replica.seconds <= patience
      ? Check(name, .ok, text)
      : Check(
        name, .warning, text,
        remedy: "see pg_stat_replication on the primary, and long queries on the replica")
  }
}
