import FoundationEssentials
import Glibc
import TestKit
import Testing

@testable import Operator

/// The directory of `syncline dev`: one process at a time, which knows its own addresses again.
@Suite struct DevHomeTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let path = "/tmp/syncline-dev-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("A second one is refused at once with who has it; the lock ends with its holder, not with a file")
  func lock() throws {
    try withDirectory { path in
      var first: DevHome? = try DevHome.enter(path)
      let refused = #expect(throws: CommandError.self) { try DevHome.enter(path) }
      #expect(refused?.code == "DEV_RUNNING" && refused?.exit == .locked)
      #expect(refused?.message.hasSuffix("process \(getpid())") == true)
      #expect(refused?.hint?.hasSuffix("kill \(getpid())") == true)
      #expect(first != nil)
      first = nil
      _ = try DevHome.enter(path)
    }
  }

  @Test("A second one is told what the running one has printed, and nothing of the run before while that starts")
  func environment() throws {
    try withDirectory { path in
      func told() -> String {
        var told = ""
        #expect(throws: CommandError.self) { try DevHome.enter(path) { told = $0 } }
        return told
      }
      do {
        let home = try DevHome.enter(path)
        #expect(told() == "")
        home.remember([("DATABASE_URL", "own")], printed: "export DATABASE_URL='own'\nexport PEMS_URL='p'\n")
        #expect(told() == "export DATABASE_URL='own'\nexport PEMS_URL='p'\n")
      }
      let home = try DevHome.enter(path)
      #expect(told() == "")
      #expect(home.foreign(["DATABASE_URL": "own"], group: "g").environment == [:])
    }
  }

  @Test("Addresses of the run before are started anew, foreign ones are used")
  func addresses() throws {
    try withDirectory { path in
      let own = "postgresql:///postgres?host=%2Fx%2F.syncline%2Fpostgres&port=5432&user=postgres"
      do {
        let home = try DevHome.enter(path)
        home.remember([("DATABASE_URL", own), ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:4001")])
      }
      let home = try DevHome.enter(path)
      func left(_ environment: [String: String]) -> [String: String] {
        home.foreign(environment, group: "g").environment
      }
      let sourced = [
        "DATABASE_URL": own, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:4001", "SYNCLINE_EMBEDDED_KAFKA": "1", "A": "b",
      ]
      #expect(left(sourced) == ["A": "b"])
      // Of the run before the last one: Kafka had another port then.
      #expect(left(sourced.merging(["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:3999"]) { $1 }) == ["A": "b"])
      let foreign = ["DATABASE_URL": "postgresql://db/x", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"]
      #expect(left(foreign) == foreign)
      #expect(home.foreign(foreign, group: "g").group == "g")
    }
  }

  @Test("A group that was made for an embedded Kafka beside a foreign database goes with that Kafka")
  func group() throws {
    try withDirectory { path in
      do {
        let home = try DevHome.enter(path)
        home.remember([("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:4001"), ("SYNCLINE_GROUP", "syncline-dev-12345678")])
      }
      let home = try DevHome.enter(path)
      let (environment, group) = home.foreign(
        [
          "DATABASE_URL": "postgresql://db/x", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:4001",
          "SYNCLINE_EMBEDDED_KAFKA": "1", "SYNCLINE_GROUP": "syncline-dev-12345678",
        ], group: "syncline-dev-12345678")
      #expect(environment["KAFKA_BOOTSTRAP_SERVERS"] == nil && environment["DATABASE_URL"] == "postgresql://db/x")
      #expect(group == "syncline")
    }
  }
}
