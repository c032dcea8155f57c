import HTTP
import Kafka
import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore
import SyncWorker

/// Postgres, Kafka and a simulated PEMS in this process and its children, for `dev` and `demo`.
///
/// What the environment names already is used instead: `DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS`. All of it ends with
/// this process, however that ends.
package final class EmbeddedServices: Sendable {
  package let databaseURL: String
  package let bootstrapServers: String
  package let isKafkaEmbedded: Bool
  /// The consumer group for these services. One of its own when Postgres is not ours and Kafka is: its offsets say
  /// nothing of this Kafka, and may not be lost.
  package let group: String
  package let pems: SimulatedPEMS
  /// nil when Postgres is not ours.
  package let postgres: EmbeddedPostgres?
  private let kafka: EmbeddedKafka?

  /// Starts what is missing and brings the schema up to date. `directory`: where Postgres keeps its data between runs;
  /// nil keeps nothing.
  package static func start(
    environment: [String: String], directory: String?, topics: Topics, group: String, organizations: [String],
    records: Int
  ) async throws -> EmbeddedServices {
    let given = environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
    let postgres = given == nil ? try await EmbeddedPostgres.start(directory: directory, keep: directory != nil) : nil
    let brokers = environment["KAFKA_BOOTSTRAP_SERVERS"].flatMap { $0.isEmpty ? nil : $0 }
    let kafka = brokers == nil ? try EmbeddedKafka() : nil
    for topic in topics.everything { try kafka?.createTopic(topic, partitions: 4) }
    let services = EmbeddedServices(
      databaseURL: given ?? postgres?.url() ?? "", bootstrapServers: brokers ?? kafka?.bootstrapServers ?? "",
      isKafkaEmbedded: kafka != nil, group: EmbeddedServices.group(group, isOwn: given != nil && kafka != nil),
      pems: try SimulatedPEMS(behaviour: EmbeddedServices.guarded), postgres: postgres, kafka: kafka)
    for organization in organizations { services.pems.seed(organization: organization, records: records) }
    do {
      try await services.prepare(organizations: organizations)
    } catch {
      await services.stop()
      throw error
    }
    return services
  }

  private init(
    databaseURL: String, bootstrapServers: String, isKafkaEmbedded: Bool, group: String, pems: SimulatedPEMS,
    postgres: EmbeddedPostgres?, kafka: EmbeddedKafka?
  ) {
    self.databaseURL = databaseURL
    self.bootstrapServers = bootstrapServers
    self.isKafkaEmbedded = isKafkaEmbedded
    self.group = group
    self.pems = pems
    self.postgres = postgres
    self.kafka = kafka
  }

  /// A directory that goes with these services, also after `kill -9`; nil when Postgres is not ours.
  package var directory: String? { postgres?.directory }

  /// What leads to services that end with this process.
  var ownVariables: [(name: String, value: String)] {
    variables.filter { name, _ in
      switch name {
      case "DATABASE_URL": postgres != nil
      case "KAFKA_BOOTSTRAP_SERVERS", "SYNCLINE_GROUP": isKafkaEmbedded
      default: false
      }
    }
  }

  /// The variables that lead other commands here, in the order they are shown.
  package var variables: [(name: String, value: String)] {
    var variables = [("DATABASE_URL", databaseURL), ("KAFKA_BOOTSTRAP_SERVERS", bootstrapServers)]
    if isKafkaEmbedded { variables.append((KafkaConnection.embeddedVariable, "1")) }
    if isKafkaEmbedded, postgres == nil { variables.append(("SYNCLINE_GROUP", group)) }
    return variables + [
      ("PEMS_URL", pems.url), ("PEMS_GRID", "PFA"), ("PEMS_TENANT", "SIMULATED"),
      ("PEMS_USER", EmbeddedServices.pemsUser),
      ("PEMS_PASSWORD", EmbeddedServices.pemsPassword),
    ]
  }

  private static let pemsUser = "syncline"
  private static let pemsPassword = "simulated"

  /// As a real one: 401 for whoever does not name this user and password.
  private static var guarded: SimulatedBehaviour {
    var credentials = HTTPHeaders()
    credentials.setBasicAuth(user: pemsUser, password: pemsPassword)
    var behaviour = SimulatedBehaviour()
    behaviour.authorization = credentials["Authorization"]
    return behaviour
  }

  /// Stops everything; Postgres flushes what it keeps.
  package func stop() async {
    await pems.stop()
    kafka?.stop()
    await postgres?.stop()
  }

  package static func group(_ name: String, isOwn: Bool) -> String {
    isOwn ? "\(name)-dev-\(UUIDText.random().prefix(8))" : name
  }

  private func prepare(organizations: [String]) async throws {
    let connection = try await PGConnection.open(PGOptions(url: databaseURL), name: "prepare")
    let forgetOffsets = isKafkaEmbedded && postgres != nil
    let isOurs = postgres != nil
    let group = group
    do {
      try await connection.run { session in
        _ = try Migrator.up(session)
        try session.asSystem {
          for organization in organizations { _ = try OrganizationStore.add(session, id: organization, name: "") }
          // Organizations' own tables are in this database too, unless somebody said otherwise.
          if isOurs, try SchemaReports.deployments(session).rowCount == 0 {
            _ = try SchemaReports.setDeployment(
              session, organization: nil, target: Deployment.master, schema: nil, status: "active")
          }
          // The embedded Kafka begins at 0 each time; offsets of the last one mean nothing in it.
          if forgetOffsets { try OffsetStore.forget(session, group: group) }
        }
      }
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }
}
