import Runtime

/// `syncline doctor`: configuration, reachability, versions and invariants, one line each.
enum DoctorCommand {
  static let command = Command(
    path: ["doctor"], summary: "Check configuration, reachability, versions and invariants; exit code 4 with findings",
    discussion: """
      Exit code 3 when Postgres or Kafka can not be reached. Changes nothing, and locks nothing. Notes are worth \
      knowing and no findings: a refused commit is one, a read that failed and that no later one covers is none. Of the \
      totals a sample of \(DatabaseChecks.sampleSize) organizations is looked at; \
      'syncline kpi verify' looks at all.
      """,
    examples: [Example("syncline doctor", "is everything in order?")]
  ) { invocation in
    var checks: [Check] = []
    do {
      let settings = try invocation.settings()
      checks += ConfigurationChecks.of(settings)
      let versions = ([("syncline", BuildInfo.version)] + Libraries.versions).map { "\($0.0) \($0.1)" }
      checks.append(Check("versions", .ok, versions.joined(separator: ", ")))
      let database = try await DatabaseChecks.run(
        settings, sources: Definitions(settings, invocation.environment).sources)
      checks += database.checks
      checks += try await ReplicaChecks.run(settings)
      checks += try await KafkaChecks.run(
        settings, environment: invocation.environment, positions: database.positions, crew: database.crew)
      checks += SourceChecks.run(settings, environment: invocation.environment)
      checks += ScheduleChecks.run(
        settings, environment: invocation.environment, schedules: database.schedules)
    } catch let errors as SettingsErrors {
      checks += errors.faults.map { Check("configuration", .error, $0.cause, remedy: $0.remedy) }
    }
    try invocation.output.write(Table(Check.columns, rows: checks.map(\.cells)))
    let code = Check.exitCode(checks)
    invocation.output.message(Check.summary(checks))
    return code
  }
}
