import PEMS
import SyncWorker
import TestKit
import Testing

@Suite("Write target") struct WriteTargetTests {
  private func catalog(_ sources: [(String, SourceDefinition.Kind)], unconfigured: [String] = []) -> SourceCatalog {
    SourceCatalog(
      sources: Dictionary(uniqueKeysWithValues: sources.map { ($0.0, SourceDefinition(name: $0.0, kind: $0.1)) }),
      unconfigured: Dictionary(
        uniqueKeysWithValues: unconfigured.map {
          ($0, [CatalogFault(file: "a.yaml", line: 3, message: "URL is not set")])
        }))
  }

  private func answer(_ catalog: SourceCatalog, _ lastRead: String?) -> String {
    do throws(SourceError) {
      return try catalog.writeTarget(lastRead: lastRead).name
    } catch {
      return error.code
    }
  }

  @Test("edits go to the source the organization is read from, else to the only one that takes them; never to a guess")
  func choice() {
    let two = catalog([("a", .pemsGrid), ("b", .pemsGrid), ("disk", .file)])
    #expect(answer(two, "b") == "b")
    #expect(answer(two, nil) == "NO_WRITE_TARGET" && answer(two, "disk") == "NO_WRITE_TARGET")
    #expect(answer(catalog([("a", .pemsGrid), ("disk", .file)]), "disk") == "a")
    #expect(answer(catalog([("disk", .file)]), "disk") == "NO_WRITE_TARGET")
    #expect(answer(catalog([("a", .pemsGrid)], unconfigured: ["b"]), "b") == "SOURCE_NOT_CONFIGURED")
    #expect(answer(catalog([], unconfigured: ["b"]), nil) == "SOURCE_NOT_CONFIGURED")
  }

  @Test(
    "W6 names what fails at once; an edit that no source takes waits as committed, without a letter or a lost attempt")
  func waiting() async throws {
    try await WorkerWorld.withRecords { world, worker in
      await worker.stop()
      let lost = try world.startWorker {
        $0.catalog = SourceCatalog(sources: [:])
        $0.unknownTargetRest = .milliseconds(100)
      }
      let id = try await world.edit(1, #"{"dor": "SITE"}"#)
      let state = "SELECT sync_state, error_code, attempt FROM pfa_modification"
      // It is looked at again and again.
      for turn in 1...2 {
        let before = try await world.lines("SELECT next_attempt_at FROM pfa_modification")
        try await until("it waits, turn \(turn)") {
          let next = try await world.lines("SELECT next_attempt_at FROM pfa_modification")
          return try await world.lines(state) == ["committed|NO_WRITE_TARGET|0"] && next != before
        }
      }
      #expect(try await world.lines("SELECT code FROM dead_letter") == [])
      await lost.stop()
      _ = try world.startPusher()
      try await world.waitForEdit(id, "synced")
      #expect(world.upstream(1, "dor") == #""SITE""#)
    }
  }
}
