import Glibc
import Postgres
import Runtime

/// A fresh database for each test, on one server per test process: an embedded one, or the one that `DATABASE_URL`
/// names.
package enum TestDatabase {
  /// Makes a template's content, once per process, given the template database's URL.
  package typealias Template = (name: String, prepare: @Sendable (_ url: String) async throws -> Void)

  /// The URL of a new database, empty or a copy of the template. Nobody else knows it; it goes with the embedded
  /// server.
  package static func fresh(template: Template? = nil) async throws -> String {
    let name = newName("test")
    if let template {
      let source = try await templates.value(template.name) {
        let source = newName(template.name)
        let url = try await create(source, template: nil)
        try await template.prepare(url)
        return source
      }
      return try await create(source: source, name)
    }
    return try await create(name, template: nil)
  }

  /// The process's own server; it dies with the process. Started by the first caller, also when `DATABASE_URL` is set.
  package static func embedded() async throws -> EmbeddedPostgres {
    try await servers.value("embedded") { try await EmbeddedPostgres.start() }
  }

  private static let servers = Memo<EmbeddedPostgres>()
  private static let templates = Memo<String>()
  private static let counter = Locked(0)

  private static func newName(_ prefix: String) -> String {
    let number = counter.with { count in
      count += 1
      return count
    }
    return "\(prefix)_\(getpid())_\(number)"
  }

  private static func create(source: String, _ name: String) async throws -> String {
    try await create(name, template: source)
  }

  private static func create(_ name: String, template: String?) async throws -> String {
    if let external = getenv("DATABASE_URL").map({ String(cString: $0) }), !external.isEmpty {
      try await EmbeddedPostgres.createDatabase(name, template: template, server: external)
      return replacingDatabase(in: external, with: name)
    }
    let server = try await embedded()
    try await server.createDatabase(name, template: template)
    return server.url(database: name)
  }

  /// The same connection string for another database.
  package static func replacingDatabase(in url: String, with name: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url + " dbname='\(name)'" }
    let rest = url[scheme.upperBound...]
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let query = rest.firstIndex(of: "?").map { rest[$0...] } ?? ""
    return url[..<scheme.upperBound] + rest[..<authorityEnd] + "/\(name)" + query
  }
}

/// Values that are made once, however many ask at the same time.
private actor Memo<Value: Sendable> {
  private var tasks: [String: Task<Value, any Error>] = [:]

  func value(_ key: String, _ make: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = tasks[key] ?? Task { try await make() }
    tasks[key] = task
    return try await task.value
  }
}
