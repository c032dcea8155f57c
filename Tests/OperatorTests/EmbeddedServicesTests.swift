import HTTP
import Operator
import Postgres
import SyncWorker
import TestKit
import Testing

/// Services that `dev` and `demo` bring up beside what the environment names.
@Suite struct EmbeddedServicesTests {
  @Test("A database that is not ours keeps its offsets; the embedded Kafka gets a group of its own, which is printed")
  func givenDatabase() async throws {
    let database = try await SyncDatabase.fresh()
    try await database.run { session in
      try session.execute(
        """
        INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset)
        VALUES ('syncline', 'pems.read-sync.v1', 0, 9)
        """)
    }
    let services = try await EmbeddedServices.start(
      environment: ["DATABASE_URL": database.url], directory: nil, topics: Topics(prefix: ""), group: "syncline",
      organizations: ["RIO"], records: 1)
    let group = services.variables.first { $0.name == "SYNCLINE_GROUP" }?.value
    let url = services.pems.url
    let order = HTTPRequest("POST", url + "/simulate", body: Array(#"{"reset": true}"#.utf8))
    let open = try await HTTPClient().send(order)
    var statuses: [Int] = []
    for password in ["simulated", "wrong"] {
      var request = HTTPRequest("GET", url + "/records?organization=RIO")
      request.headers.setBasicAuth(user: "syncline", password: password)
      statuses.append(try await HTTPClient().send(request).status)
    }
    await services.stop()
    #expect(open.status == 200 && statuses == [200, 401], "PEMS asks for the password that is printed")
    let kept = try await database.run {
      try $0.query("SELECT next_offset FROM consumer_offset").one().integer("next_offset")
    }
    await database.close()
    #expect(kept == 9)
    #expect(group == services.group && group != "syncline" && group?.hasPrefix("syncline-dev-") == true)
  }
}
