import SyncWorker
import TestKit

extension WorkerWorld {
  /// A world with one worker that reaches Postgres through a proxy.
  static func withProxy(
    _ wanted: Options = Options(), _ body: (WorkerWorld, FaultProxy, RunningWorker) async throws -> Void
  ) async throws {
    var options = wanted
    let server = try await TestDatabase.embedded()
    let proxy = try FaultProxy.start(.unix(server.socketPath))
    options.server = server
    try await with(options) { world in
      let name = world.databaseURL.split(separator: "?")[0].split(separator: "/").last ?? ""
      let worker = try world.startWorker {
        $0.postgres.url = "postgresql://postgres@127.0.0.1:\(proxy.port)/\(name)?sslmode=disable&gssencmode=disable"
      }
      try await body(world, proxy, worker)
      proxy.set(.pass)
    }
    proxy.stop()
  }
}
