import SyncDomain

/// The commands of `syncline`. A new command is one more row here.
package enum Commands {
  package static let table = CommandTable(
    [
      WorkerCommand.command,
      DevCommand.command,
      DemoCommand.command,
      SyncRunCommand.command,
      MigrateCommand.plain,
      MigrateCommand.up,
      MigrateDownCommand.command,
      MigrateStatusCommand.command,
      OrganizationsListCommand.command,
      OrganizationsAddCommand.command,
      OrganizationsSuspendCommand.command,
      JobsListCommand.command,
      JobsShowCommand.command,
      JobsWatchCommand.command,
      JobsApproveCommand.command,
      JobsCancelCommand.command,
      JobsWhyCommand.command,
      LogListCommand.command,
      LogShowCommand.command,
      KPIShowCommand.command,
      KPIVerifyCommand.command,
      KPIRebuildCommand.command,
      TimelineShowCommand.command,
      SchemaPlanCommand.command,
      SchemaApplyCommand.command,
      SchemaStatusCommand.command,
      SchemaHistoryCommand.command,
      SchemaTargetCommand.command,
      DeadLettersListCommand.command,
      DeadLettersShowCommand.command,
      TopicsCreateCommand.command,
      TopicsListCommand.command,
      LagCommand.command,
      DoctorCommand.command,
      BenchReadSyncCommand.command,
      BenchKPICommand.command,
      BenchSchemaCommand.command,
      VersionCommand.command(),
      CompletionCommand.command,
    ],
    nouns: [
      "organizations": "Tenants",
      "sync": "Reads of PEMS",
      "jobs": "Units of work and what became of them",
      "log": "The sync log: one row for each run",
      "kpi": "Totals of cost, and their proof",
      "timeline": "The earliest and latest dates of an organization",
      "schema": "Tables that organizations define for themselves",
      "dead-letters": "Messages that could not be applied",
      "bench": "How fast it is, beside the limit of the machine",
      "topics": "The topics of this program",
    ])

  package static let program = Program(
    table, errorRules: [SchemaFault.errorRule] + ErrorRules.all + ServiceErrorRules.all)
}
