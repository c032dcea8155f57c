import HTTP
import Runtime

/// Makes sources and targets from definitions; those of one tenant made by one factory share a rate limit (R9, W10).
package final class SourceFactory: Sendable {
  private let clock: SourceClock
  private let budgets = Locked<[String: any RateBudget]>([:])
  private let budget: @Sendable (_ tenant: String, _ rate: Double) -> any RateBudget
  private let onRetry: @Sendable (SourceError) -> Void

  /// `budget` makes the rate limit of a tenant, in requests per second, which is asked for once; nil: one that holds
  /// within this process. `onRetry` is told of each failure that is tried again, of whatever source.
  package init(
    clock: SourceClock = .system, budget: (@Sendable (_ tenant: String, _ rate: Double) -> any RateBudget)? = nil,
    onRetry: @escaping @Sendable (SourceError) -> Void = { _ in }
  ) {
    self.clock = clock
    self.budget = budget ?? { _, rate in LocalBudget(rate: rate, clock: clock) }
    self.onRetry = onRetry
  }

  /// A source that limits its rate and retries. Keep it for a run: it keeps connections. `watch` is told how its
  /// upstream does, `log` what fails and is tried again.
  package func source(
    _ definition: SourceDefinition, watch: (any UpstreamWatch)? = nil, log: Log? = nil
  ) -> any RecordSource {
    let source: any RecordSource
    switch definition.kind {
    case .file: return FileSource(definition)
    case .pemsGrid: source = GridSource(definition, http: client(definition), clock: clock)
    case .httpJSON: source = WebSource(definition, http: client(definition), clock: clock)
    }
    return RetryingSource(source, budget: shared(definition), clock: clock, watch: watch) { [onRetry] error, wait in
      onRetry(error)
      log?.warning(
        "the upstream is asked again", ("upstream", definition.upstream), ("code", error.code),
        ("cause", error.message), ("seconds", String(Int(wait.inSeconds.rounded()))))
    }
  }

  /// Where edits of the source's organizations are written to, within the rate limit and without retries; nil for a
  /// kind of source that takes none. Keep it: it keeps connections.
  package func target(_ definition: SourceDefinition) -> (any RecordTarget)? {
    guard definition.kind == .pemsGrid else { return nil }
    return ScreenTarget(definition, http: client(definition), budget: shared(definition), clock: clock)
  }

  private func client(_ definition: SourceDefinition) -> HTTPClient {
    var options = HTTPClient.Options()
    options.connectTimeout = definition.connectTimeout
    options.requestTimeout = definition.requestTimeout
    options.caFile = definition.caFile
    return HTTPClient(options)
  }

  private func shared(_ definition: SourceDefinition) -> any RateBudget {
    let tenant = definition.upstream
    return budgets.with { budgets in
      let known = budgets[tenant] ?? budget(tenant, definition.rateLimit)
      budgets[tenant] = known
      return known
    }
  }
}

extension SourceDefinition {
  /// What shares a rate limit and rests together: a tenant of a place.
  package var upstream: String { "\(place)/\(tenant)" }

  /// Where it is, without anything secret: `host:port`, or the path of files.
  package var place: String {
    kind == .file ? path : HTTPOrigin(url).map { "\($0.host):\($0.port)" } ?? name
  }
}
