import Postgres
import Runtime
import SyncDomain
import SyncStore

/// A claimed `schema_change` job from its parameters to its end: validate, lease, target, master (domain.md section 5).
///
/// The lease and what is about to happen are written down first; the target's ledger says whether it did. Whoever finds
/// an attempt without an end asks the ledger, so that a crash at any moment leaves master and target equal.
struct SchemaJob: Sendable {
  let claim: JobClaim
  let pool: PGPool
  let target: SchemaTarget
  let settings: SchemaSettings
  let holder: String
  let metrics: Metrics
  let log: Log

  /// Throws PGError of the master, ``Fenced`` and CancellationError; everything else is an end of the job.
  func run() async throws {
    let claim = claim
    guard let open = try await pool.run({ try SchemaRequestStore.open($0, claim) }) else {
      return try await fail(nil, nil, SchemaFault(.invalidChange, "the request has no open row of its history"))
    }
    let clock = SchemaClock(settings, elapsed: .milliseconds(open.elapsed))
    guard let parameters = try? JSONValue(parsing: claim.parameters),
      let request = SchemaChangeRequest(parameters: parameters, organization: claim.organization)
    else {
      return try await fail(open.id, nil, SchemaFault(.invalidChange, "the job's parameters are no schema change"))
    }
    var tries = 0
    while true {
      do {
        if try await turn(request, open.id, clock) { return }
      } catch let fault as SchemaFault {
        // Another user's lease or change: look again, from the project as it is then.
        guard let delay = fault.code.retryDelay(after: tries), !clock.hasPassed else {
          return try await fail(open.id, nil, fault)
        }
        tries += 1
        metrics.add(MetricCatalog.retries, 1, [("code", fault.code.rawValue)])
        metrics.observe(MetricCatalog.lockWait, Double(delay) / 1000)
        log.info("schema change waits", ("code", fault.code.rawValue), ("cause", fault.message), ("ms", String(delay)))
        try await Task.sleep(for: .milliseconds(delay))
      }
    }
  }

  // MARK: One turn

  /// False: an attempt was brought to its end, and the change itself comes next. Throws ``SchemaFault`` when nothing is
  /// held; what fails with the lease in hand is ended here.
  private func turn(_ request: SchemaChangeRequest, _ row: Int64, _ clock: SchemaClock) async throws -> Bool {
    let changes = try validate(request)
    CrashPoint.schemaValidated.pass()
    let claim = claim
    let (state, place) = try await pool.run { session in
      try JobStore.holding(session, claim) {
        (
          try ProjectStore.find(session, organization: claim.organization, project: request.project),
          try DeploymentStore.find(session, organization: claim.organization)
        )
      }
    }
    let creates = changes.createsProject
    guard let state else {
      guard creates else {
        throw SchemaFault(.projectNotFound, "organization \(claim.organization) has no project \(request.project)")
      }
      let fresh = ProjectState(name: "", schema: ProjectSchema(), version: 0, status: "ready")
      guard request.currentVersion == 0 else {
        throw SchemaFault(.versionConflict, "a project that is created has version 0 before")
      }
      try await apply(request, changes, fresh, place, row, clock)
      return true
    }
    switch state.step(job: claim.id, currentVersion: request.currentVersion, creates: creates) {
    case .refuse(let fault): throw fault
    case .recover(let intent):
      return try await recover(intent, of: state, request.project, place, row, clock)
    case .take: try await apply(request, changes, state, place, row, clock)
    case .rebase:
      let since = try await pool.run { session in
        try JobStore.holding(session, claim) {
          try ProjectStore.applied(
            session, organization: claim.organization, project: request.project, since: request.currentVersion)
        }
      }
      try state.checkRebase(changes, from: request.currentVersion, since: since)
      log.info(
        "schema change derived anew", ("made_for", String(request.currentVersion)), ("version", String(state.version)))
      try await apply(request, changes, state, place, row, clock)
    }
    return true
  }

  private func validate(_ request: SchemaChangeRequest) throws -> [SchemaChange] {
    guard let json = try? JSONValue(parsing: Array(request.change.utf8)) else {
      throw SchemaFault(.invalidChange, "the change is no JSON")
    }
    return try SchemaChange.read(json)
  }

  /// Lease, target, master.
  private func apply(
    _ request: SchemaChangeRequest, _ changes: [SchemaChange], _ state: ProjectState,
    _ place: (deployment: Deployment, schema: TargetSchema), _ row: Int64, _ clock: SchemaClock
  ) async throws {
    let planner = SchemaPlanner(place.schema)
    let plan = try planner.plan(changes, on: state.schema)
    let sql = plan.statements.map(\.sql).joined(separator: ";\n")
    let settled = ProjectStore.Settled(
      fromVersion: state.version, toVersion: state.version + 1, schemaData: try plan.after.encoded(),
      dropsProject: changes.dropsProject)
    let intention = ProjectStore.Intention(
      request: row, changes: changes, oldData: try state.schema.encoded(), settled: settled, sql: sql)
    var name: String?
    if case .createProject(let given)? = changes.first { name = given }
    let lease = ProjectStore.Lease(
      organization: claim.organization, project: request.project, creates: name != nil)
    guard let changeId = try await take(lease, name, intention, clock) else {
      throw SchemaFault(.versionConflict, "the project changed while the lease was taken, or its id is taken")
    }
    log.info("schema lock taken", ("project", request.project), ("version", String(state.version)))
    CrashPoint.schemaLeased.pass()
    let attempt = TargetStore.Attempt(
      schema: place.schema, organization: claim.organization, project: request.project, changeId: changeId,
      fromVersion: settled.fromVersion, toVersion: settled.toVersion, type: changes.typeName,
      dropsProject: settled.dropsProject)
    let losses = planner.losses(changes, of: state.schema, projectName: state.name)
      .filter { $0.isDrop && request.requiresConfirmation && !$0.isConfirmed(by: request.confirm) }
    var (executed, isSafe) = (sql, false)
    do {
      executed = try await target.connected(place.deployment) { connection in
        let safe = try await SafeChange.plan(
          changes, planner, from: state.schema, allowsBlocking: request.allowsBlocking, settings: settings, connection)
        guard let safe else {
          try await execute(plan.statements, losses, attempt, connection, clock, sql)
          return sql
        }
        isSafe = true
        // Before a table is filled for minutes; the transaction that drops asks again.
        try await connection.run { session in
          try TargetStore.limit(session, clock.limits)
          try refuse(losses, session)
        }
        log.info("schema change goes in safe steps", ("project", request.project), ("bytes", String(safe.bytes)))
        try await safe.run(connection, project: request.project, report: { try await hold(lease, $0) }) {
          try await execute(
            safe.steps.last, losses, attempt, connection, SchemaClock(settings, elapsed: .zero), safe.sql)
        }
        return safe.sql
      }
    } catch let fault as SchemaFault {
      return try await fail(row, lease, fault, clock)
    } catch let error as PGError {
      // Nobody is kept waiting by safe steps that begin again.
      let goesOn = isSafe && claim.attempt < settings.safeAttempts
      return try await failed(error, row, lease, goesOn ? SchemaClock(settings, elapsed: .zero) : clock)
    }
    log.info(
      "schema change applied in the target", ("project", request.project), ("statements", String(plan.statements.count))
    )
    CrashPoint.schemaCommitted.pass()
    try await finish(row, lease, settled, clock, sql: executed)
  }

  /// Between safe steps: the lease is held for the next one, and whoever looks sees how far it is.
  private func hold(_ lease: ProjectStore.Lease, _ at: SafeChange.Progress) async throws {
    let claim = claim
    let milliseconds = settings.stepTimeout.inMilliseconds + 10_000
    let progress: [JSONValue.Member] = [
      .init("step", .number(String(at.step))), .init("steps", .number(String(at.steps))),
      .init("table", at.table.map { .string($0) } ?? .null), .init("rows", .number(String(at.rows))),
      .init("table_rows", at.tableRows.map { .number(String($0)) } ?? .null),
    ]
    try await pool.run {
      try ProjectStore.extend(
        $0, claim, lease, milliseconds: milliseconds, progress: JSONValue.object(progress).canonical())
    }
  }

  private func take(
    _ lease: ProjectStore.Lease, _ name: String?, _ intention: ProjectStore.Intention, _ clock: SchemaClock
  ) async throws -> String? {
    let (claim, holder, milliseconds) = (claim, holder, clock.leaseMilliseconds)
    return try await pool.run { session in
      try ProjectStore.take(
        session, claim, lease, name: name, holder: holder, milliseconds: milliseconds, intention)
    }
  }

  /// One transaction in the target.
  private func execute(
    _ statements: [SchemaStatement], _ losses: [SchemaLoss], _ attempt: TargetStore.Attempt,
    _ connection: PGConnection, _ clock: SchemaClock, _ sql: String
  ) async throws {
    try await connection.run { session in
      try session.transaction {
        try TargetStore.begin(session, attempt, clock.limits, sql: sql)
        try refuse(losses, session)
        for statement in statements {
          guard !clock.hasPassed else { throw SchemaFault(.timeout, "the change took longer than it may") }
          try TargetStore.run(session, statement, clock.limits)
        }
        try TargetStore.end(session, attempt)
        CrashPoint.schemaExecuted.pass()
      }
    }
  }

  private func refuse(_ losses: [SchemaLoss], _ session: PGSession) throws {
    for loss in losses where try session.query(loss.existsSQL).one().bool("has_data") == true {
      let name = loss.names.first.map { ": --confirm \(shellQuoted($0))" } ?? ""
      throw SchemaFault(
        .confirmationRequired, "\(loss.what) holds data and is dropped only when its present name is confirmed\(name)")
    }
  }

  // MARK: Recovery

  /// Brings an attempt to the end that its target's ledger tells. True: the job has ended, or waits for a later try.
  private func recover(
    _ intent: ProjectState.Intent, of state: ProjectState, _ project: String,
    _ place: (deployment: Deployment, schema: TargetSchema), _ row: Int64, _ clock: SchemaClock
  ) async throws -> Bool {
    let (claim, holder, milliseconds) = (claim, holder, clock.leaseMilliseconds)
    let lease = ProjectStore.Lease(
      organization: claim.organization, project: project, creates: intent.fromVersion == 0 && state.version == 0)
    let isMine = try await pool.run {
      try ProjectStore.takeOver($0, claim, lease, from: state.token, holder: holder, milliseconds: milliseconds)
    }
    guard isMine else { throw SchemaFault(.projectLocked, "another worker is bringing an attempt to its end") }
    let attempt = TargetStore.Attempt(
      schema: place.schema, organization: claim.organization, project: project, changeId: intent.changeId,
      fromVersion: intent.fromVersion, toVersion: intent.toVersion, type: "", dropsProject: intent.dropsProject)
    let isApplied: Bool
    do {
      isApplied = try await target.connected(place.deployment) { connection in
        try await connection.run { try TargetStore.settle($0, attempt, clock.limits) }
      }
    } catch let error as PGError {
      try await unsettled(error, row, clock)
      return true
    }
    log.info("schema change recovered", ("project", project), ("applied", String(isApplied)))
    guard intent.jobId == claim.id else {
      try await pool.run { try SchemaRequestStore.settleOther($0, claim, intent, lease, isApplied: isApplied) }
      return false
    }
    if isApplied {
      try await finish(row, lease, ProjectStore.Settled(intent), clock)
      return true
    }
    try await pool.run {
      try SchemaRequestStore.failAttempt(
        $0, claim, row, lease, code: "ABANDONED", message: "its worker ended before its target had it")
    }
    return false
  }

  // MARK: Ends

  private func finish(
    _ row: Int64, _ lease: ProjectStore.Lease, _ settled: ProjectStore.Settled, _ clock: SchemaClock,
    sql: String? = nil
  ) async throws {
    let claim = claim
    try await pool.run { try SchemaRequestStore.finish($0, claim, row, lease, settled, sql: sql) }
    count("applied", clock)
    log.info("schema change done", ("project", lease.project), ("version", String(settled.toVersion)))
    CrashPoint.schemaFinished.pass()
  }

  /// The target's error with the lease in hand: again later, or the end.
  private func failed(_ error: PGError, _ row: Int64, _ lease: ProjectStore.Lease, _ clock: SchemaClock) async throws {
    // Whether it was committed only the ledger knows: the attempt stays open, and the next one asks.
    if error.kind == .commitUnknown { return try await unsettled(error, row, clock) }
    let fault = SchemaFault(target: error)
    guard error.isTransient else { return try await fail(row, lease, fault, clock) }
    guard let delay = delay(clock) else { return try await fail(row, lease, clock.ending(fault), clock) }
    let claim = claim
    try await pool.run {
      try SchemaRequestStore.failAttempt(
        $0, claim, row, lease, code: fault.code.rawValue, message: fault.message)
    }
    try await again(fault, delay)
  }

  /// Nobody can be asked what became of an attempt: it stays open, with its lease, for the next one.
  private func unsettled(_ error: PGError, _ row: Int64, _ clock: SchemaClock) async throws {
    let fault = SchemaFault(target: error)
    if error.isTransient, let delay = delay(clock) { return try await again(fault, delay) }
    let claim = claim
    try await pool.run {
      try SchemaRequestStore.fail($0, claim, nil, nil, code: fault.code.rawValue, message: fault.message)
    }
    count(fault.code.rawValue, clock)
  }

  /// Nil: the next attempt would begin behind the deadline.
  private func delay(_ clock: SchemaClock) -> Double? {
    var generator = SystemRandomNumberGenerator()
    guard let delay = settings.retry.delay(after: claim.attempt, using: &generator) else { return nil }
    return Duration.seconds(delay) < clock.remaining ? delay : nil
  }

  private func again(_ fault: SchemaFault, _ delay: Double) async throws {
    metrics.add(MetricCatalog.retries, 1, [("code", fault.code.rawValue)])
    log.warning("schema change is tried again", ("code", fault.code.rawValue), ("cause", fault.message))
    let claim = claim
    try await pool.run {
      try JobStore.retry(
        $0, claim, afterMilliseconds: Int64(delay * 1000), code: fault.code.rawValue, message: fault.message)
    }
  }

  private func fail(
    _ row: Int64?, _ lease: ProjectStore.Lease?, _ fault: SchemaFault, _ clock: SchemaClock? = nil
  ) async throws {
    let claim = claim
    let isApplied = try await pool.run {
      try SchemaRequestStore.fail($0, claim, row, lease, code: fault.code.rawValue, message: fault.message)
    }
    guard !isApplied else {
      count("applied", clock)
      return log.info("schema change done: another worker brought it to its end")
    }
    count(fault.code.rawValue, clock)
    log.error("schema change failed", ("code", fault.code.rawValue), ("cause", fault.message))
  }

  private func count(_ result: String, _ clock: SchemaClock?) {
    metrics.add(MetricCatalog.schemaChanges, 1, [("result", result.lowercased())])
    if let clock { metrics.observe(MetricCatalog.schemaChangeDuration, clock.elapsed.inSeconds) }
  }
}

extension SchemaFault {
  /// What a target's error means. Names tables and constraints, never a value.
  init(target error: PGError) {
    let isSlow = error.sqlstate == "57014"
    self.init(
      error.isUnreachable ? .targetUnreachable : isSlow ? .timeout : .targetError, "target: \(error.description)")
  }
}
