import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite(.syncDatabase) struct PermissionTests {
  @Test("S0-04 grant lets a user edit, revoke ends it at the next edit; who, when and why is kept and shown")
  func grants() async throws {
    try await sql(
      """
      INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
      VALUES (gen_random_uuid(), 'RIO', 'P1', '{"category": "Crane", "source": "Rental", "monthlyRate": 1}')
      """)
    let draft = ["drafts", "create", "RIO", "P1", "--user", "ann", "--session", "s1", "--set"]
    let early = try await syncline(draft + ["dor=A"])
    #expect(early.code == .failure && early.messages.contains("syncline permissions grant"))

    let boss = ["SYNCLINE_ACTOR": "boss"]
    let granted = try await syncline(
      ["permissions", "grant", "ann", "RIO", "--reason", "site planner"], environment: boss)
    let row = try #require(try granted.objects.first)
    #expect(row["user_id"]?.string == "ann" && row["level"]?.string == "write" && row["granted_by"]?.string == "boss")
    #expect(row["reason"]?.string == "site planner" && row["granted_at"]?.string?.hasSuffix("Z") == true)
    #expect(try await syncline(draft + ["dor=A"]).code == .ok)
    let again = try await syncline(["permissions", "grant", "ann", "RIO"], environment: ["SYNCLINE_ACTOR": "eve"])
    #expect(again.code == .ok && again.messages.contains("already"))
    #expect(try again.objects.first?["granted_by"]?.string == "boss", "nothing changed")

    #expect(try await syncline("permissions", "grant", "ann", "RIO", "--level", "read").code == .ok)
    #expect(try await syncline(draft + ["dor=B"]).code == .failure)
    let revoked = try await syncline(["permissions", "revoke", "ann", "RIO", "--reason", "left"], environment: boss)
    #expect(revoked.code == .ok)
    #expect(try await syncline("permissions", "revoke", "ann", "RIO").code == .notFound)
    #expect(try await syncline("permissions", "list").data == "[]\n")

    let history = try await syncline("permissions", "list", "--user", "ann", "--history").objects
    #expect(history.map { $0["event"]?.string } == ["removed", "changed", "added"])
    #expect(history[0]["actor"]?.string == "boss" && history[0]["reason"]?.string == "left")
    #expect(history[1]["before"]?["level"]?.string == "write" && history[1]["after"]?["level"]?.string == "read")
    #expect(history[2]["reason"]?.string == "site planner")
    #expect(try await syncline("permissions", "list", "--organization", "RIO2", "--history").data == "[]\n")
  }

  @Test("Who or what can not be is refused, and hostile names are data")
  func refusals() async throws {
    #expect(try await syncline("permissions", "grant", "ann", "NOPE").code == .notFound)
    #expect(try await syncline("permissions", "grant", "", "RIO").code == .invalid)
    #expect(try await syncline("permissions", "grant", hostile, "RIO").code == .invalid)
    #expect(try await syncline("permissions", "grant", "ann", "RIO", "--level", "god").code == .usage)
    let name = "o'; DROP TABLE org_permission; -- \""
    #expect(try await syncline("permissions", "grant", name, "RIO").code == .ok)
    #expect(try await syncline("permissions", "list", "--user", name).objects.count == 1)
    #expect(try await syncline("permissions", "revoke", name, "RIO").code == .ok)
  }
}
