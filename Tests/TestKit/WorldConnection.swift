import Postgres
import Runtime

/// The test's own way into a database, as superuser; it comes back after the server was killed.
package actor WorldConnection {
  private let url: String
  private var connection: PGConnection?

  package init(_ url: String) { self.url = url }

  /// Runs the body in one hop. Tries for a minute while nobody answers.
  package func run<R: Sendable>(_ body: @Sendable (PGSession) throws -> R) async throws -> R {
    let deadline = Deadline(after: .seconds(60))
    while true {
      do {
        let connection = try await open()
        return try await connection.run(body)
      } catch let error as PGError where error.isUnreachable && !deadline.hasPassed {
        await close()
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  package func close() async {
    await connection?.close()
    connection = nil
  }

  private func open() async throws -> PGConnection {
    if let connection, await connection.isUsable { return connection }
    let new = try await PGConnection.open(PGOptions(url: url), name: "test")
    connection = new
    return new
  }
}
