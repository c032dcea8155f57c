import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct OrganizationTests {
  @Test("add is idempotent and says so; list shows rows under the table's column names")
  func add() async throws {
    let first = try await syncline("organizations", "add", "ACME", "--name", "Acme Ltd")
    #expect(first.code == .ok)
    #expect(try first.json.keys == ["id", "name", "status", "created_at", "updated_at"])
    #expect(first.messages.contains("is added"))
    let second = try await syncline("organizations", "add", "ACME", "--name", "Other")
    #expect(second.code == .ok)
    #expect(try second.json["name"]?.string == "Acme Ltd")
    #expect(second.messages.contains("already"))
    let list = try await syncline("organizations", "list")
    #expect(try list.objects.map { $0["id"]?.string } == ["ACME", "RIO", "RIO2"])
  }

  @Test("suspend, and --resume takes it back, both say when nothing changed; an unknown one is exit code 5")
  func suspend() async throws {
    let suspended = try await syncline("organizations", "suspend", "RIO", "--yes", "--reason", "audit")
    #expect(suspended.code == .ok)
    #expect(try suspended.json["status"]?.string == "suspended")
    #expect(try await syncline("organizations", "suspend", "RIO", "--yes").messages.contains("already"))
    let resumed = try await syncline("organizations", "suspend", "RIO", "--resume")
    #expect(try resumed.json["status"]?.string == "active")
    let unknown = try await syncline("organizations", "suspend", "NOPE", "--yes", "-o", "json")
    #expect(unknown.code == .notFound && unknown.data.isEmpty)
    #expect(try JSONValue(parsing: Array(unknown.messages.utf8))["code"]?.string == "UNKNOWN_ORGANIZATION")
  }

  @Test("M9-14 Hostile names are data, in SQL, JSON, CSV and on a terminal")
  func hostileNames() async throws {
    let id = "o'; DROP TABLE organization; -- \""
    #expect(try await syncline("organizations", "add", id, "--name", "=1+1, \"x\"").code == .ok)
    let found = try await syncline("organizations", "list", "-o", "json").objects.first { $0["id"]?.string == id }
    #expect(found?["name"]?.string == "=1+1, \"x\"")
    #expect(try await syncline("organizations", "list", "-o", "csv").data.contains("\"=1+1, \"\"x\"\"\""))
    for bad in ["", " RIO", "RIO ", "a\u{1B}b", "a\nb", "a\0b", String(repeating: "x", count: 101)] {
      let refused = try await syncline("organizations", "add", bad)
      #expect(refused.code == .invalid, "\(bad.debugDescription)")
    }
    #expect(try await syncline("organizations", "add", "A", "--name", hostile).code == .invalid)
    #expect(try await syncline("kpi", "show", "a\0b").code == .notFound)
  }
}
