import Postgres
import SyncDomain
import TestKit
import Testing

@testable import Operator

@Suite struct MigrateTests {
  private func run(_ line: String..., url: String) async -> Ran {
    await program(line, environment: ["DATABASE_URL": url])
  }

  @Test("status says 4 while a migration is missing; up, 'migrate' alone, down and up again")
  func roundTrip() async throws {
    let url = try await TestDatabase.fresh()
    let before = await run("migrate", "status", url: url)
    #expect(before.code == .findings)
    #expect(try before.objects.allSatisfy { $0["state"]?.string == "pending" && $0["applied_at"]?.isNull == true })
    let count = try before.objects.count

    let part = await run("migrate", "up", "--to", "3", url: url)
    #expect(part.code == .ok)
    #expect(try part.objects.map { $0["version"]?.integer } == [1, 2, 3])
    #expect(part.messages.contains("V3"))
    #expect(await run("migrate", "status", url: url).code == .findings)

    let up = await run("migrate", url: url)
    #expect(up.code == .ok)
    #expect(try up.objects.count == count - 3)
    let after = await run("migrate", "status", url: url)
    #expect(after.code == .ok)
    let stamp = try #require(try after.objects.first?["applied_at"]?.string)
    #expect(stamp.hasSuffix("Z") && stamp.contains("T"))

    let again = await run("migrate", "up", url: url)
    #expect(again.code == .ok && again.data == "[]\n")
    #expect(again.messages.contains("nothing to do"))

    let unasked = await run("migrate", "down", "--to", "0", url: url)
    #expect(unasked.code == .usage && unasked.messages.contains("CONFIRMATION_REQUIRED"))
    #expect(await run("migrate", "down", "--yes", url: url).code == .usage)
    let down = await run("migrate", "down", "--to", "0", "--yes", url: url)
    #expect(down.code == .ok)
    #expect(try down.objects.count == count)
    #expect(await run("migrate", "down", "--to", "0", url: url).code == .ok)
    #expect(await run("migrate", "up", url: url).code == .ok)
  }

  @Test("Twenty at once: all succeed, each migration is applied once")
  func twenty() async throws {
    let url = try await TestDatabase.fresh()
    let runs = await withTaskGroup(of: Ran.self) { group in
      for _ in 0..<20 { group.addTask { await run("migrate", "up", url: url) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(runs.allSatisfy { $0.code == .ok }, "\(runs.map(\.messages))")
    let applied = try runs.flatMap { try $0.objects.compactMap { $0["version"]?.integer } }.sorted()
    #expect(applied.first == 1 && Set(applied).count == applied.count)
  }

  @Test("A migration whose text has changed stops 'up', and status says so")
  func changed() async throws {
    let url = try await TestDatabase.fresh()
    #expect(await run("migrate", "up", "--to", "2", url: url).code == .ok)
    let connection = try await PGConnection.open(PGOptions(url: url), name: "test")
    try await connection.run { try $0.execute("UPDATE schema_migration SET checksum = 'x' WHERE version = 1") }
    await connection.close()
    let up = await run("migrate", "up", url: url)
    #expect(up.code == .failure && up.messages.contains("MIGRATION_CHANGED"))
    let status = await run("migrate", "status", url: url)
    #expect(status.code == .findings)
    #expect(try status.objects.first?["state"]?.string == "changed")
  }
}
