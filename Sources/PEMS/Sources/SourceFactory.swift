import HTTP
import Runtime

/// Makes sources from definitions; sources of one tenant made by one factory share a rate limit (R9).
package final class SourceFactory: Sendable {
  private let clock: SourceClock
  private let buckets = Locked<[String: TokenBucket]>([:])
  private let onRetry: @Sendable (SourceError, Duration) -> Void

  package init(
    clock: SourceClock = .system, onRetry: @escaping @Sendable (SourceError, Duration) -> Void = { _, _ in }
  ) {
    self.clock = clock
    self.onRetry = onRetry
  }

  /// A source that limits its rate and retries. Keep it for a run: it keeps connections.
  package func source(_ definition: SourceDefinition) -> any RecordSource {
    var options = HTTPClient.Options()
    options.connectTimeout = definition.connectTimeout
    options.requestTimeout = definition.requestTimeout
    options.caFile = definition.caFile
    switch definition.kind {
    case .file: return FileSource(definition)
    case .pemsGrid:
      return retrying(GridSource(definition, http: HTTPClient(options), clock: clock), definition)
    case .httpJSON:
      return retrying(WebSource(definition, http: HTTPClient(options), clock: clock), definition)
    }
  }

  private func retrying(_ source: any RecordSource, _ definition: SourceDefinition) -> any RecordSource {
    let host = HTTPOrigin(definition.url).map { "\($0.host):\($0.port)" } ?? definition.name
    let bucket = buckets.with { buckets in
      let key = "\(host)/\(definition.tenant)"
      let bucket = buckets[key] ?? TokenBucket(rate: definition.rateLimit, now: clock.now())
      buckets[key] = bucket
      return bucket
    }
    return RetryingSource(source, bucket: bucket, clock: clock, onRetry: onRetry)
  }
}
