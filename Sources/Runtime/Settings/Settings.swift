/// The configuration of one process; the comments are the manual.
///
/// A flag wins over the environment, the environment over the `--config` file, the file over the default. An empty
/// variable counts as not set. Every variable has a twin with `_FILE` behind it that names a file to read the value
/// from.
package struct Settings: Sendable, Equatable {
  /// `DATABASE_URL`, `--database-url`: Postgres as a libpq connection string, a URL or `keyword=value` pairs; TLS as
  /// libpq does it. Without it, the string made of the `PG*` variables. nil when neither says which server is meant.
  /// libpq itself fills in from the process's `PG*` variables whatever the string leaves open. Shown with its passwords
  /// masked.
  package var databaseURL: Secret?

  /// `SYNCLINE_READ_DATABASE_URL`: a read replica of the same database, as a connection string like `DATABASE_URL`.
  /// Reports are read there; everything else, totals and their proof among it, stays on the primary. nil: there is
  /// none, and reports are read from the primary too.
  package var readDatabaseURL: Secret?

  /// `KAFKA_BOOTSTRAP_SERVERS`, `--bootstrap-servers`: `host:port` list, commas between, no blanks. nil when not given.
  package var bootstrapServers: String?

  /// `SYNCLINE_KAFKA_<NAME>`: librdkafka properties. Default: none. Values that would break exactly-once are refused.
  package var kafka = KafkaProperties()

  /// `SYNCLINE_TOPIC_PREFIX`, `--topic-prefix`: put before every topic name; letters, digits, `.`, `_` and `-`.
  /// Default: empty.
  package var topicPrefix = ""

  /// `SYNCLINE_GROUP`, `--group`: consumer group, also the key of the stored offsets: another group starts from the
  /// beginning. Default: `syncline`.
  package var group = "syncline"

  /// `SYNCLINE_HTTP_HOST`: address of the HTTP port. Default: `127.0.0.1`; `0.0.0.0` in a container.
  package var httpHost = "127.0.0.1"

  /// `SYNCLINE_HTTP_PORT`: `/metrics`, `/livez`, `/readyz`, status page. Default: 3030, or a free port where
  /// that is taken; 0 takes any free port.
  package var httpPort: UInt16 = 3030

  /// `SYNCLINE_STATUS_TOKEN`: who sends it with a decision on the status page may decide; 20 bytes at least. nil: the
  /// page only shows.
  package var statusToken: Secret?

  /// `SYNCLINE_JOBS_DIR`: directory of job and source definitions, relative to the working directory. Default: `Jobs`.
  package var jobsDirectory = "Jobs"

  /// `SYNCLINE_LOG_FORMAT`, `--log-format`: `text` or `json`. Default: text when standard error is a terminal, else
  /// json.
  package var logFormat = Log.Format.json

  /// `SYNCLINE_LOG_LEVEL`, `--log-level`: `debug`, `info`, `warning`, `error`; lines below it are dropped. Default:
  /// info.
  package var logLevel = LogLevel.info

  /// `SYNCLINE_ACTOR`: who runs commands, for histories. Default: the login's name; nil stands for it.
  package var actor: String?

  /// Where each value came from, by variable; what is not in it is a default.
  package var origins: [String: SettingOrigin] = [:]

  /// Secrets that other definitions refer to by name.
  package var credentials = Credentials()

  /// All defaults.
  package init() {}

  /// False: the port is the default, which several processes on a machine have.
  package var isHTTPPortChosen: Bool { origins[SettingDefinition.httpPort.name] != nil }

  /// A logger as configured.
  package var log: Log { Log(level: logLevel, format: logFormat) }

  /// Every setting with its value as it may be shown and its origin, in the order of the manual.
  package func shown() -> [(name: String, value: String, origin: SettingOrigin)] {
    let plain: [(SettingDefinition, String)] = [
      (.databaseURL, databaseURL.map { ConnectionString.masked($0.reveal()) } ?? ""),
      (.readDatabaseURL, readDatabaseURL.map { ConnectionString.masked($0.reveal()) } ?? ""),
      (.bootstrapServers, bootstrapServers ?? ""), (.topicPrefix, topicPrefix), (.group, group),
      (.httpPort, String(httpPort)), (.httpHost, httpHost),
      (.statusToken, statusToken.map { "\($0)" } ?? ""), (.jobsDirectory, jobsDirectory),
      (.logFormat, logFormat.rawValue), (.logLevel, logLevel.name), (.actor, actor ?? ""),
    ]
    let properties = kafka.shown.map { property, value in
      (SettingDefinition.kafkaPrefix + property.uppercased().replacing(".", with: "_"), value)
    }
    return (plain.map { ($0.0.name, $0.1) } + properties).map { ($0, printable($1), origins[$0] ?? .fallback) }
  }
}
