import Glibc
import Runtime

/// A private PostgreSQL cluster that dies with this process, for development, the demo and tests.
///
/// A watchdog shell owns the server and holds one end of a pipe from us: at its end, even after `kill -9`, it stops the
/// server and removes the directory unless it is to be kept. When the watchdog itself is killed the kernel signals the
/// server. As root the server runs as user postgres.
package final class EmbeddedPostgres: Sendable {
  /// Everything of the cluster: `data`, `log`, `password`, usually the socket.
  package let directory: String
  /// Superuser `postgres` on 127.0.0.1; nil when TCP was not asked for.
  package let port: Int?

  private let socketDirectory: String
  private let watchdog: ChildProcess
  private let life: Life
  private let leash: Locked<Int32?>

  /// Starts a server, making the cluster first where there is none; about a second for a new one. nil directory: a
  /// temporary one. `keep`: the data survives `stop` and the end of this process; without it durability is off.
  /// `settings` are server settings and win over ours. Throws `PGError` with the end of the server's log.
  package static func start(
    directory: String? = nil, port: Int? = nil, settings: [String: String] = [:], keep: Bool = false
  ) async throws -> EmbeddedPostgres {
    try await onThread("pg-start") {
      try EmbeddedPostgres(directory: directory, port: port, settings: settings, keep: keep)
    }
  }

  /// Blocks until the server accepts connections.
  private init(directory: String?, port: Int?, settings: [String: String], keep: Bool) throws {
    let binaries = try PostgresBinaries.find()
    let account = try PostgresAccount.current()
    let home = try PostgresHome(directory, account)
    self.directory = home.path
    self.port = port
    socketDirectory = home.socketDirectory
    // Before anything is asked of the socket: a server that is going down still answers there.
    let lock = try home.lock()
    defer { close(lock) }
    let leash = try Pipe()
    let life = try Pipe()
    self.life = Life(life.readEnd)
    let log = open(home.logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { for descriptor in [leash.readEnd, log, null] { close(descriptor) } }
    self.leash = Locked(leash.writeEnd)
    do {
      watchdog = try ChildProcess(
        "/bin/sh",
        [
          "-c", Watchdog.script, "syncline-postgres", home.path, home.socketDirectory, keep ? "keep" : "remove",
          account.identity, binaries.directory,
        ] + EmbeddedPostgres.serverArguments(home, port, settings, keep),
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"],
        descriptors: [
          (0, leash.readEnd), (1, log < 0 ? null : log), (2, log < 0 ? null : log), (8, life.writeEnd), (9, lock),
        ])
    } catch {
      close(leash.writeEnd)
      close(life.writeEnd)
      throw error
    }
    // Ours must go, or the pipe would never end.
    close(life.writeEnd)
    try waitUntilReady(home)
  }

  /// For `PGOptions`, through the unix socket.
  package func url(database: String = "postgres") -> String {
    let host = percentEncoded(socketDirectory)
    return "postgresql:///\(percentEncoded(database))?host=\(host)&port=\(port ?? 5432)&user=postgres"
  }

  /// The same through TCP with the cluster's password; nil when TCP was not asked for.
  package func tcpURL(database: String = "postgres") -> String? {
    guard let port, let password = readText(directory + "/password") else { return nil }
    return "postgresql://postgres:\(password)@127.0.0.1:\(port)/\(percentEncoded(database))"
  }

  /// The socket that clients and proxies can connect to.
  package var socketPath: String { "\(socketDirectory)/.s.PGSQL.\(port ?? 5432)" }
  package var logPath: String { directory + "/log" }

  /// The server's process; nil when it does not run.
  package var serverPID: Int32? {
    readText(directory + "/data/postmaster.pid")?.split(separator: "\n").first.flatMap { Int32($0) }
  }

  /// Returns when the server has ended, by `stop` or by itself. Waits on a thread of its own; cancelling does nothing.
  package func ended() async {
    let life = life
    _ = try? await onThread("pg-life") { life.wait(milliseconds: -1) }
  }

  /// Creates a database; a template (nobody may be connected to it) is copied file by file.
  package func createDatabase(_ name: String, template: String? = nil) async throws {
    try await Self.createDatabase(name, template: template, server: url())
  }

  /// The same on any server (15 or newer), given the URL of another database there.
  package static func createDatabase(_ name: String, template: String? = nil, server url: String) async throws {
    let connection = try await PGConnection.open(PGOptions(url: url), name: "pg-create")
    let source = template.map { " TEMPLATE \(quotedIdentifier($0)) STRATEGY file_copy" } ?? ""
    do {
      try await connection.run { try $0.execute("CREATE DATABASE \(quotedIdentifier(name))\(source)") }
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  /// Stops the server (open sessions are ended) and returns when it is gone. Calling it again does nothing.
  package func stop() async {
    guard let leash = takeLeash() else { return }
    writeAll(leash, Array("stop\n".utf8))
    close(leash)
    let watchdog = watchdog
    _ = try? await onThread("pg-stop") { watchdog.wait() }
  }

  // The pipe's end tells the watchdog; waiting for it is stop's business.
  deinit {
    if let leash = takeLeash() { close(leash) }
  }

  // MARK: Private

  private func takeLeash() -> Int32? {
    leash.with { leash in
      defer { leash = nil }
      return leash
    }
  }

  private static func serverArguments(
    _ home: PostgresHome, _ port: Int?, _ settings: [String: String], _ keep: Bool
  ) -> [String] {
    var all = [
      "unix_socket_directories": home.socketDirectory, "listen_addresses": port == nil ? "" : "127.0.0.1",
      "port": String(port ?? 5432), "max_connections": "200", "log_min_messages": "warning",
    ]
    if !keep {
      for name in ["fsync", "full_page_writes", "synchronous_commit"] { all[name] = "off" }
    }
    all.merge(settings) { _, given in given }
    return all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
  }

  /// The server and the watchdog hold the other end of `life`: its end means that there is nothing to wait for.
  private func waitUntilReady(_ home: PostgresHome) throws {
    let deadline = monotonicMilliseconds() + 120_000
    let url = url()
    while !PostgresHome.answers(url) {
      if life.wait(milliseconds: 10) || monotonicMilliseconds() > deadline {
        // The watchdog removes the log when its leash ends, which is when this object goes.
        throw PGError(.connection, "PostgreSQL did not start: \(home.logTail())")
      }
    }
  }
}

/// The reading end of a pipe whose other end only the server's processes hold.
private final class Life: Sendable {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// True once the server has ended; false when the time is over. -1: however long.
  func wait(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&entry, 1, milliseconds)
      if count >= 0 || errno != EINTR { return count > 0 }
    }
  }
}

/// Runs a blocking body on a thread of its own.
func onThread<R: Sendable>(_ name: String, _ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    startThread(name: name) { continuation.resume(with: Result { try body() }) }
  }
}
