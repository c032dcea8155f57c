import HTTP
import Runtime
import SyncDomain

/// Writes to PEMS: reads a record through the grid and changes it by a PATCH of a user-defined screen.
///
/// Never a PUT, which would empty every field that is not in it.
package struct ScreenTarget: RecordTarget {
  private let source: GridSource
  private let budget: any RateBudget
  /// The grid was last seen to ignore a filter by id: asking for few rows would be a request more for each record.
  private let asksWidely = Locked(false)

  package init(
    _ definition: SourceDefinition, http: HTTPClient, budget: any RateBudget, clock: SourceClock = .system
  ) {
    source = GridSource(definition, http: http, clock: clock)
    self.budget = budget
  }

  private var client: UpstreamClient { source.client }
  private var definition: SourceDefinition { source.definition }

  package func read(organization: String, pfaId: String) async throws(SourceError) -> UpstreamRecord? {
    var lookup = GridLookup(definition, pfaId: pfaId, asksWidely: asksWidely.with { $0 })
    while true {
      lookup = try await within { [lookup] () async throws(SourceError) in
        try await source.look(lookup, organization: organization)
      }
      if let filters = lookup.filtersIds { asksWidely.with { $0 = !filters } }
      switch lookup.progress {
      case .open: continue
      case .found(let record): return record
      case .missing: return nil
      }
    }
  }

  package func write(_ patch: RecordPatch) async throws(SourceError) {
    let write = definition.write
    let screen = write.screen ?? definition.grid
    let path = write.path.replacing("{screen}", with: PercentEncoding.segment(screen))
      .replacing("{organization}", with: PercentEncoding.segment(patch.organization))
      .replacing("{pfaId}", with: PercentEncoding.segment(patch.pfaId))
    let request = HTTPRequest(
      "PATCH", definition.base(patch.organization, without: GridSource.path) + path,
      headers: ["Content-Type": "application/json", "Accept": "application/json"],
      body: try ScreenPatch(write: write, screen: screen, patch: patch).body(), isRepeatable: false)
    try await within { () async throws(SourceError) in
      try check(try await client.send(request, organization: patch.organization))
    }
  }

  /// Waits for the tenant's budget before a request, and makes everybody wait when the tenant asks for rest.
  private func within<Result>(
    _ request: () async throws(SourceError) -> Result
  ) async throws(SourceError) -> Result {
    try await client.clock.wait(for: budget)
    do throws(SourceError) {
      let result = try await request()
      _ = await budget.ended(nil)
      return result
    } catch {
      if let rest = error.retryAfter { await budget.pause(rest) }
      guard let rest = await budget.ended(error), error.isOfUpstream else { throw error }
      throw error.resting(max(rest, error.retryAfter ?? .zero))
    }
  }

  /// A good answer is one without alerts, wherever in its envelope they would stand (R12). An answer that can not be
  /// read leaves open what became of the change.
  private func check(_ answer: HTTPResponse) throws(SourceError) {
    guard !answer.body.isEmpty else { return }
    guard let envelope = try? GridAnswer(answer.body.span), envelope.isObject else {
      throw SourceError(
        .upstreamInvalidAnswer, "\(definition.name): the answer to a change is not JSON", isTransient: true)
    }
    guard envelope.alerts.isEmpty else { throw client.alertError(envelope.alerts) }
    guard envelope.questions.isEmpty else { throw client.confirmationError(envelope.questions) }
  }
}
