import PEMS
import SyncWorker
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
}
