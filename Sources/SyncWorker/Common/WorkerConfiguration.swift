import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain

/// What a worker is and may use; the comments are the manual.
package struct WorkerConfiguration: Sendable {
  package var postgres: PGOptions
  package var kafka: KafkaSettings
  package var topics: Topics
  /// Consumer group, also the key of the stored offsets.
  package var group: String
  /// Names this process in leases and logs.
  package var owner: String
  package var catalog: SourceCatalog
  /// Connections for applying; one more serves jobs and one the relay. Default: 4. More lanes than cores of Postgres
  /// gain nothing.
  package var applyConnections = 4
  /// Jobs of one kind this worker drives at once. Default: 4, each mostly waits for its upstream or its target.
  package var readRuns = 4
  /// Messages of a run that may be published and not yet applied. Default: 12, and together at most `windowBytes`: the
  /// embedded broker keeps 5 MiB a partition, and on a real one it is good manners.
  package var windowPages = 12
  package var windowBytes = 6_000_000
  /// A run whose published messages are not applied for this long reads them again. Default: 60 s.
  package var stallTime = Duration.seconds(60)
  /// When a job whose attempt failed in passing is tried again. Default: after 5, 10, 20, 40, 60 s with jitter, six
  /// attempts in all.
  package var jobRetry = RetryPolicy.job
  /// Pushes to PEMS this worker has in flight at once. Default: 32, each mostly waits for PEMS or its rate limit.
  package var pushes = 32
  /// When a push that failed in passing is tried again. Default: after 5, 10, 20 s with jitter, four attempts in all.
  package var pushRetry = RetryPolicy.pems
  /// How long an edit that no source takes waits until it is looked at again. Default: 5 minutes.
  package var unknownTargetRest: Duration = .seconds(300)
  /// When an upstream that fails again and again is left alone, and for how long. Default: after four failures in a
  /// row, for 5, 10, 20, … s with jitter, at most two minutes.
  package var breaker = CircuitBreaker.Policy.upstream
  /// Time as sources see it: their rate limits and the pauses between their own tries.
  package var sourceClock = SourceClock.system
  /// Bytes a partition may have waiting in this process before it is paused; it goes on below half. Default: 4 MB.
  package var laneBytes = 4_000_000
  /// How often all of the kept totals are compared with the records. Default: 15 minutes; nil: never.
  package var verifyInterval: Duration? = .seconds(900)
  /// How often the common queries are timed. Default: a minute; nil: never.
  package var probeInterval: Duration? = .seconds(60)
  /// Limits of schema changes.
  package var schema = SchemaSettings()
  /// Secrets that targets of schema changes are named by.
  package var credentials = Credentials()
  /// What is done in Kafka before anything is consumed; tried again as long as no broker answers. Default: nothing.
  package var prepareKafka: @Sendable () async throws -> Void = {}
  package var log = Log()
  /// What this worker does. Default: everything.
  package var kinds = Set(WorkKind.allCases)
  /// Whether it keeps the roll-ups and their trend, beside or instead of other work. Default: yes.
  package var keepsTrends = true
  /// How often it looks for totals that have changed. Default: every second.
  package var trendInterval = Duration.seconds(1)

  package init(
    postgres: PGOptions, kafka: KafkaSettings, topics: Topics, group: String = "syncline",
    owner: String = "worker-" + UUIDText.random().prefix(8), catalog: SourceCatalog = SourceCatalog(sources: [:])
  ) {
    self.postgres = postgres
    self.kafka = kafka
    self.topics = topics
    self.group = group
    self.owner = owner
    self.catalog = catalog
  }
}
