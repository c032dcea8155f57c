import CLibPQ
import Glibc

/// How to reach a database and what every session there starts with.
///
/// What the URL or libpq's own `PG*` variables say wins over these defaults. Durations are rounded to milliseconds; nil
/// means no limit.
package struct PGOptions: Sendable {
  /// A libpq URL or key=value string, TLS included. nil: libpq's `PG*` variables.
  package var url: String?
  /// Shown in `pg_stat_activity`, unless the URL names one.
  package var applicationName: String
  /// For each host address the URL leads to; whole seconds, at least 2. Default: 5 s.
  package var connectTimeout: Duration
  /// The server ends a statement that runs longer (57014). Default: 30 s. The client gives the connection up when it
  /// hears nothing for this long plus `answerGrace`; nil also switches that off.
  package var statementTimeout: Duration?
  /// The server ends a statement that waits longer for one lock (55P03). Default: nil.
  package var lockTimeout: Duration?
  /// The server ends a session that leaves a transaction open without working (25P03). Default: 60 s.
  package var idleInTransactionTimeout: Duration?
  /// See `statementTimeout`; also how long a cancelled statement may take to end. Default: 10 s.
  package var answerGrace: Duration
  /// TCP: probes begin after this much silence, repeat at `keepaliveInterval`, and `keepaliveCount` unanswered ones end
  /// the connection. Defaults: 10 s, 5 s, 3.
  package var keepaliveIdle: Duration
  package var keepaliveInterval: Duration
  package var keepaliveCount: Int
  /// TCP: sent bytes may stay unacknowledged for this long. Default: 20 s.
  package var tcpUserTimeout: Duration
  /// Default: UTC.
  package var timezone: String
  /// Further settings of every session (`plan_cache_mode`, `search_path`, `syncline.organization`), set while
  /// connecting.
  package var sessionSettings: [String: String]
  /// Prepared statements kept per connection. Default: 256.
  package var statementCacheSize: Int

  package init(
    url: String?,
    applicationName: String = "syncline",
    connectTimeout: Duration = .seconds(5),
    statementTimeout: Duration? = .seconds(30),
    lockTimeout: Duration? = nil,
    idleInTransactionTimeout: Duration? = .seconds(60),
    answerGrace: Duration = .seconds(10),
    keepaliveIdle: Duration = .seconds(10),
    keepaliveInterval: Duration = .seconds(5),
    keepaliveCount: Int = 3,
    tcpUserTimeout: Duration = .seconds(20),
    timezone: String = "UTC",
    sessionSettings: [String: String] = [:],
    statementCacheSize: Int = 256
  ) {
    self.url = url
    self.applicationName = applicationName
    self.connectTimeout = connectTimeout
    self.statementTimeout = statementTimeout
    self.lockTimeout = lockTimeout
    self.idleInTransactionTimeout = idleInTransactionTimeout
    self.answerGrace = answerGrace
    self.keepaliveIdle = keepaliveIdle
    self.keepaliveInterval = keepaliveInterval
    self.keepaliveCount = keepaliveCount
    self.tcpUserTimeout = tcpUserTimeout
    self.timezone = timezone
    self.sessionSettings = sessionSettings
    self.statementCacheSize = statementCacheSize
  }

  /// Why libpq could not connect with this string whatever is there, without a secret; nil when it could.
  package static func objection(_ url: String) -> String? {
    let given: [String: String]
    do { given = try PGOptions(url: url).conninfo() } catch { return error.message }
    for port in (given["port"] ?? "").split(separator: ",") where (UInt16(port) ?? 0) == 0 {
      return "the connection string has no port from 1 to 65535"
    }
    let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
    if let mode = given["sslmode"], !mode.isEmpty, !modes.contains(mode) {
      return "the connection string has an sslmode that is none of \(modes.joined(separator: ", "))"
    }
    return nil
  }

  /// Where the options lead, without any secret: `user@host:port/database`. Throws when the URL is malformed.
  package func target() throws(PGError) -> String {
    let given = try conninfo()
    let user = given["user"].map { "\($0)@" } ?? ""
    return "\(user)\(given["host"] ?? "local"):\(given["port"] ?? "5432")/\(given["dbname"] ?? given["user"] ?? "")"
  }
}

extension PGOptions {
  /// Everything for `PQconnectdbParams`, with the defaults for what the URL and the environment leave open.
  func keywords() throws(PGError) -> [(String, String)] {
    let given = try conninfo()
    let defaults = [
      ("connect_timeout", String(connectTimeout.secondsRoundedUp)),
      ("keepalives", "1"),
      ("keepalives_idle", String(keepaliveIdle.secondsRoundedUp)),
      ("keepalives_interval", String(keepaliveInterval.secondsRoundedUp)),
      ("keepalives_count", String(keepaliveCount)),
      ("tcp_user_timeout", String(tcpUserTimeout.inMilliseconds)),
      ("fallback_application_name", applicationName),
    ]
    var keywords = defaults.filter { given[$0.0] == nil }
    if let url { keywords.insert(("dbname", url), at: 0) }
    // Text and array fields are read in these forms whatever the server's configuration says; they stand last, and the
    // last one wins.
    keywords.append(("client_encoding", "UTF8"))
    keywords.append(("options", serverOptions + (given["options"].map { " \($0)" } ?? "") + readingOptions))
    return keywords
  }

  private var serverOptions: String {
    var settings: [(String, String)] = [("TimeZone", timezone)]
    let limits = [
      ("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout),
      ("idle_in_transaction_session_timeout", idleInTransactionTimeout),
    ]
    settings += limits.map { ($0, String($1?.inMilliseconds ?? 0)) }
    settings += sessionSettings.sorted { $0.key < $1.key }
    return settings.map { "-c \($0)=\(PGOptions.escaped($1))" }.joined(separator: " ")
  }

  private var readingOptions: String { " -c bytea_output=hex -c DateStyle=ISO" }

  /// The server splits `options` at white space; a backslash protects the next character.
  private static func escaped(_ value: String) -> String {
    String(value.flatMap { $0.isWhitespace || $0 == "\\" ? ["\\", $0] : [$0] })
  }

  /// The parameters that the URL and the environment set. A malformed URL's error quotes nothing of it: it may hold a
  /// password.
  private func conninfo() throws(PGError) -> [String: String] {
    var found: [String: String] = [:]
    try PGOptions.collect(PQconndefaults(), message: nil, into: &found)
    guard let url else { return found }
    if url.utf8.contains(0) { throw PGError(.conversion, "the connection string holds a NUL character") }
    var message: UnsafeMutablePointer<CChar>?
    let parsed = PQconninfoParse(url, &message)
    defer { PQfreemem(message) }
    try PGOptions.collect(parsed, message: message, into: &found)
    return found
  }

  private static func collect(
    _ options: UnsafeMutablePointer<PQconninfoOption>?, message: UnsafeMutablePointer<CChar>?,
    into found: inout [String: String]
  ) throws(PGError) {
    guard let options else {
      let reason = message.map { trimmed(maskQuoted(String(cString: $0))) } ?? "out of memory"
      throw PGError(.connection, "the connection string is malformed: \(reason)")
    }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
  }
}

extension Duration {
  var inMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
  var secondsRoundedUp: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
