import Postgres
import Runtime
import SyncDomain
import SyncStore

/// The way into an organization's target database.
package struct SchemaTarget: Sendable {
  /// How to reach the master.
  package let master: PGOptions
  /// Where connection strings of other targets are found by name.
  package let credentials: Credentials

  package init(master: PGOptions, credentials: Credentials) {
    self.master = master
    self.credentials = credentials
  }

  /// Lends a connection of its own, with these defaults: 5 s to connect, 30 s a statement. Throws PGError, and
  /// ``SchemaFault`` when the name leads to no secret. No error quotes the secret.
  package func connected<R: Sendable>(
    _ deployment: Deployment, _ body: (PGConnection) async throws -> R
  ) async throws -> R {
    let connection = try await PGConnection.open(try options(deployment), name: "schema-target")
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  private func options(_ deployment: Deployment) throws -> PGOptions {
    if deployment.target == Deployment.master {
      var options = master
      options.applicationName = "syncline-schema"
      return options
    }
    let found: Secret?
    do {
      found = try credentials.secret(named: deployment.target)
    } catch {
      throw SchemaFault(.targetUnconfigured, "the secret \(deployment.target) can not be read here")
    }
    guard let secret = found else {
      throw SchemaFault(.targetUnconfigured, "the target's secret \(deployment.target) is not set here")
    }
    return PGOptions(url: secret.reveal(), applicationName: "syncline-schema")
  }
}
