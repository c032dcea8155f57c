import CLibPQ

extension PGSession {
  /// Sends all steps at once and reads all results: one round trip, one sync. Outside a transaction the steps are one
  /// implicit transaction.
  ///
  /// The first error is thrown with the step's `statementIndex`; the steps after it were not run, and the connection
  /// stays usable. Steps must not begin or end transactions.
  @discardableResult
  package func pipeline(_ steps: [PGStatement]) throws -> [PGResult] {
    guard !steps.isEmpty else { return [] }
    var encoded: [Parameters] = []
    encoded.reserveCapacity(steps.count)
    for (index, step) in steps.enumerated() {
      do throws(PGError) {
        try checkText(step.sql)
        encoded.append(try Parameters(step.parameters))
      } catch {
        throw error.at(index)
      }
    }
    return try retryingStale { try runPipeline(steps, encoded) }
  }

  /// One thing sent, in the order of its answer.
  private struct Sent {
    let step: Int
    /// The name under which the statement is being prepared; nil when it is executed.
    let preparing: String?
  }

  private func runPipeline(_ steps: [PGStatement], _ encoded: [Parameters]) throws -> [PGResult] {
    try sweep()
    for step in steps { noteTimeout(step.sql) }
    let raw = try begin("", steps: steps.count)
    defer { wire.end() }
    guard PQenterPipelineMode(raw) == 1 else { throw refused() }
    var sent: [Sent] = []
    var sendError: (any Error)?
    do { sent = try sendAll(raw, steps, encoded) } catch { sendError = error }
    guard PQpipelineSync(raw) == 1 else { throw wire.lost() }
    if let sendError {
      // libpq has refused a step half-way; what was sent before it cannot be taken back on this connection.
      wire.markBroken()
      throw sendError
    }
    try wire.flush()
    return try receive(raw, steps, encoded, sent)
  }

  private func sendAll(_ raw: OpaquePointer, _ steps: [PGStatement], _ encoded: [Parameters]) throws -> [Sent] {
    var sent: [Sent] = []
    sent.reserveCapacity(steps.count)
    var preparing: [String: [(name: String, types: [Oid])]] = [:]
    for (index, step) in steps.enumerated() {
      let parameters = encoded[index]
      let known =
        statements.find(step.sql, parameters.fit)
        ?? preparing[step.sql]?.first { parameters.fit($0.types) }?.name
      if let known {
        try send(raw, known, parameters)
      } else {
        let name = statements.newName()
        try sendPrepare(raw, name, step.sql, parameters)
        sent.append(Sent(step: index, preparing: name))
        preparing[step.sql, default: []].append((name, parameters.types))
        try send(raw, name, parameters)
      }
      sent.append(Sent(step: index, preparing: nil))
    }
    return sent
  }

  private func receive(
    _ raw: OpaquePointer, _ steps: [PGStatement], _ encoded: [Parameters], _ sent: [Sent]
  ) throws -> [PGResult] {
    var results: [PGResult] = []
    results.reserveCapacity(steps.count)
    var failure: (any Error)?
    for item in sent {
      while let result = try wire.nextResult() {
        if result.isError {
          if failure == nil { failure = located(error(of: result), item.step) }
          // Nothing more comes on a lost connection, not even the ends of the other steps.
          if wire.isBroken { throw failure ?? wire.lost() }
        } else if result.status == PGRES_COPY_IN || result.status == PGRES_COPY_OUT {
          wire.markBroken()
          throw PGError(.protocol, "COPY cannot be a step of a pipeline").at(item.step)
        } else if result.status != PGRES_PIPELINE_ABORTED {
          if let name = item.preparing {
            statements.insert(steps[item.step].sql, name: name, types: encoded[item.step].types)
          } else {
            results.append(PGResult(raw: result))
          }
        }
      }
    }
    guard let sync = try wire.nextResult() else { throw wire.lost("the pipeline ended without its sync") }
    if sync.isError && failure == nil { failure = error(of: sync) }
    guard PQexitPipelineMode(raw) == 1 else {
      wire.markBroken()
      throw failure ?? refused()
    }
    if let failure { throw failure }
    return results
  }

  private func located(_ error: any Error, _ step: Int) -> any Error { (error as? PGError)?.at(step) ?? error }
}

extension PGError {
  func at(_ step: Int) -> PGError {
    var copy = self
    copy.statementIndex = step
    return copy
  }
}
