/// One setting as the user knows it: its variable, its flag, its default.
package struct SettingDefinition: Sendable {
  /// The environment variable; with `_FILE` behind it, the file to read the value from. Also its name in a `--config`
  /// file.
  package let name: String
  /// The flag without dashes; nil when there is none.
  package let flag: String?
  /// What stands for the value in help texts.
  package let placeholder: String
  /// The default as shown to the user; empty when there is none.
  package let fallback: String
  package let help: String
  /// The only texts accepted; empty: see `Settings`.
  package let choices: [String]

  init(
    _ name: String, flag: String? = nil, _ placeholder: String, default fallback: String = "", _ help: String,
    choices: [String] = []
  ) {
    self.name = name
    self.flag = flag
    self.placeholder = placeholder
    self.fallback = fallback
    self.help = help
    self.choices = choices
  }

  package static let databaseURL = SettingDefinition(
    "DATABASE_URL", flag: "database-url", "URL", "Postgres, as a libpq connection string (default: the PG* variables)")
  package static let readDatabaseURL = SettingDefinition(
    "SYNCLINE_READ_DATABASE_URL", "URL", "a read replica of it, for reports (default: none)")
  package static let bootstrapServers = SettingDefinition(
    "KAFKA_BOOTSTRAP_SERVERS", flag: "bootstrap-servers", "HOST:PORT,…",
    "Kafka brokers to start from (default port: 9092)")
  package static let topicPrefix = SettingDefinition(
    "SYNCLINE_TOPIC_PREFIX", flag: "topic-prefix", "TEXT", "put before every topic name")
  package static let group = SettingDefinition(
    "SYNCLINE_GROUP", flag: "group", "NAME", default: "syncline", "consumer group")
  package static let httpPort = SettingDefinition(
    "SYNCLINE_HTTP_PORT", "PORT", default: "3030", "port of /metrics, /livez, /readyz and the status page")
  package static let httpHost = SettingDefinition(
    "SYNCLINE_HTTP_HOST", "ADDRESS", default: "127.0.0.1", "address that port is bound to")
  package static let statusToken = SettingDefinition(
    "SYNCLINE_STATUS_TOKEN", "SECRET", "lets who knows it decide on the status page (default: it only shows)")
  package static let jobsDirectory = SettingDefinition(
    "SYNCLINE_JOBS_DIR", "DIRECTORY", default: "Jobs", "job and source definitions")
  package static let logFormat = SettingDefinition(
    "SYNCLINE_LOG_FORMAT", flag: "log-format", "text|json",
    "log lines for people or for machines (default: text on a terminal)",
    choices: ["text", "json"])
  package static let logLevel = SettingDefinition(
    "SYNCLINE_LOG_LEVEL", flag: "log-level", "LEVEL", default: "info", "lines below it are dropped",
    choices: LogLevel.allCases.map(\.name))

  package static let actor = SettingDefinition(
    "SYNCLINE_ACTOR", "NAME", "who runs commands, for histories (default: the login's name)")

  package static let all: [SettingDefinition] = [
    databaseURL, readDatabaseURL, bootstrapServers, topicPrefix, group, httpPort, httpHost, statusToken, jobsDirectory,
    logFormat, logLevel, actor,
  ]

  /// What `syncline dev` prints beside settings; in a file it does no harm.
  static let internalNames = ["SYNCLINE_EMBEDDED_KAFKA"]

  /// In front of a librdkafka property in upper case with `_` for `.`.
  package static let kafkaPrefix = "SYNCLINE_KAFKA_"
  /// Behind a variable that names a file.
  package static let fileSuffix = "_FILE"
}
