import PEMS
import SyncDomain
import Testing

/// Loads one file with these lines.
private func load(
  _ yaml: String, environment: [String: String] = [:]
) async throws -> (catalog: SourceCatalog?, faults: [String]) {
  var result: (SourceCatalog?, [String]) = (nil, [])
  try await withDirectory { directory in
    write(yaml.utf8, to: directory + "/a.yaml")
    do throws(CatalogErrors) {
      result.0 = try SourceCatalog.load(directory: directory, environment: environment)
    } catch {
      result.1 = error.faults.map { String($0.description.dropFirst(directory.count + 1)) }
    }
  }
  return result
}

@Suite("Catalog") struct CatalogTests {
  @Test("every key is read") func everything() async throws {
    let yaml = """
      sources:
        - name: pems
          kind: pems-grid
          url: https://${HOST}/eam
          dialect: rowset
          grid: PFSGRID
          tenant: T1
          auth: {type: basic, user: reader, passwordEnv: PEMS_PASSWORD}
          pageSize: 10000
          rateLimit: 2.5
          overlap: 30m
          maxPages: 12
          maxResponseBytes: 4096
          fields: {pfs_x_rate: monthlyRate, pfs_note: note}
          criticalFields: [pfaId, monthlyRate]
          locale: decimal-comma
          organizationField: org_code
          maxDiscontinuedShare: 0.25
          connectTimeout: 500ms
          requestTimeout: 10s
          caFile: /etc/ca.pem
        - name: web
          kind: http-json
          url: http://h/r?o={organization}
          pageParameter: page
          auth: {type: apikey, keyEnv: KEY}
        - {name: disk, kind: file, path: "/data/{organization}.csv.gz", format: csv}
      """
    let (catalog, faults) = try await load(
      yaml, environment: ["HOST": "eam.example", "PEMS_PASSWORD": "geheim", "KEY": "k"])
    #expect(faults == [])
    let pems = try #require(try catalog?.source("pems"))
    #expect(pems.url == "https://eam.example/eam")
    #expect(pems.dialect == .rowset)
    #expect(pems.auth == .basic(user: "reader", password: Secret("geheim")))
    #expect(pems.secretNames == ["PEMS_PASSWORD"])
    #expect(try catalog?.source("web").secretNames == ["KEY"])
    #expect(pems.pageSize == 10_000)
    #expect(pems.rateLimit == 2.5)
    #expect(pems.overlap == .seconds(1800))
    #expect(pems.fields["pfs_x_rate"] == "monthlyRate")
    #expect(pems.fields["pfs_f_rental"] == nil)
    #expect(pems.fields["pfs_id"] == "pfaId")
    #expect(pems.criticalFields == ["pfaId", "monthlyRate"])
    #expect(pems.locale == .comma)
    #expect(pems.readFields.organization == "org_code")
    #expect(pems.maxDiscontinuedShare == 0.25)
    #expect(pems.connectTimeout == .milliseconds(500))
    #expect(try catalog?.source("web").auth == .apiKey(header: "X-API-Key", key: Secret("k")))
    #expect(try catalog?.source("disk").format == .csv)
    #expect(try catalog?.source("disk").overlap == .seconds(900))
  }

  @Test("W5 the section write: names the screen and its fields; only what users may edit can be mapped, once")
  func writing() async throws {
    let head = """
      sources:
        - name: a
          kind: pems-grid
          url: http://h
          grid: G
          write:

      """
    let (catalog, none) = try await load(
      head + """
              screen: CUPFA2
              path: /rest/{screen}/{pfaId}
              idField: ID
              organizationField: ORG
              fields: {X_RATE: monthlyRate}
        """)
    #expect(none == [])
    let write = try #require(try catalog?.source("a").write)
    #expect(write.screen == "CUPFA2" && write.path == "/rest/{screen}/{pfaId}" && write.idField == "ID")
    #expect(write.fields["X_RATE"] == "monthlyRate" && write.fields["PFS_F_RATE"] == nil)
    #expect(write.fields["PFS_F_DOR"] == "dor")
    let (_, faults) = try await load(
      head + """
              path: rest
              screeen: X
              fields: {A: monthlyRat, B: contract, C: dor, D: dor}
        """)
    #expect(
      faults == [
        "a.yaml:7: path: begins with a slash",
        #"a.yaml:9: fields: A: expected a field that users may edit; did you mean "monthlyRate"?"#,
        "a.yaml:9: fields: B: expected a field that users may edit", "a.yaml:9: fields: C and D are both mapped to dor",
        #"a.yaml:8: unknown key "screeen"; did you mean "screen"?"#,
      ])
  }

  @Test("all faults of all entries come at once, with file and line") func faults() async throws {
    let yaml = """
      sources:
        - name: a
          kind: pems-grid
          url: not-a-url
          pagesize: 10
          dialect: cursors
        - name: a
          kind: file
          path: x
          pageSize: 10001
          overlap: soon
          grid: G
        - kind: sql
        - name: c
          kind: http-json
          url: http://h
          auth: {type: basic, user: u, password: geheim}
          fields: {x: pfaId, y: pfaId}
          locale: german
        - {name: '', kind: pems-grid, url: '', grid: ' '}
      source: []
      """
    let faults = try await load(yaml).faults
    for expected in [
      "a.yaml:4: url: not an absolute http or https URL",
      "a.yaml:5: unknown key \"pagesize\"; did you mean \"pageSize\"?",
      "a.yaml:6: dialect: expected one of cursor, rowset; did you mean \"cursor\"?",
      "a.yaml:2: grid is missing",
      "a.yaml:7: source a is defined already, at ",
      "a.yaml:10: pageSize: expected a whole number from 1 to 10000",
      "a.yaml:11: overlap: expected a duration such as 500ms, 30s, 15m or 2h",
      "a.yaml:12: unknown key \"grid\"",
      "a.yaml:13: name is missing",
      "a.yaml:13: kind: expected one of pems-grid, http-json, file",
      "a.yaml:17: password: a secret does not belong in this file",
      "a.yaml:18: fields: x and y are both mapped to pfaId",
      "a.yaml:19: locale: expected one of decimal-point, decimal-comma",
      "a.yaml:20: name is empty", "a.yaml:20: url is empty", "a.yaml:20: grid is empty",
      "a.yaml:21: unknown key \"source\"; did you mean \"sources\"?",
    ] {
      #expect(faults.contains { $0.hasPrefix(expected) }, "\(expected) is not in \(faults)")
    }
    #expect(!faults.joined().contains("geheim"))
  }

  @Test("YAML that is none has its line too") func syntax() async throws {
    #expect(try await load("sources:\n  - name: a\n  - [\n").faults.first?.hasPrefix("a.yaml:") == true)
    #expect(try await load("sources: 3\n").faults == ["a.yaml:1: sources: expected a list, found text"])
    #expect(try await load("- 1\n").faults == ["a.yaml:1: expected a mapping, found a list"])
    #expect(try await load("").faults == [])
  }

  @Test("a source whose variables are not set is no fault until it is used") func unconfigured() async throws {
    let yaml = "sources:\n- {name: pems, kind: pems-grid, url: '${PEMS_URL}', grid: G}\n"
    let catalog = try #require(try await load(yaml).catalog)
    let error = #expect(throws: SourceError.self) { try catalog.source("pems") }
    #expect(error?.code == "SOURCE_NOT_CONFIGURED")
    #expect(error?.message.contains("a.yaml:2: environment variable PEMS_URL is not set") == true)
    let unknown = #expect(throws: SourceError.self) { try catalog.source("pmes") }
    #expect(unknown?.code == "SOURCE_NOT_FOUND")
    #expect(unknown?.hint?.contains("did you mean pems?") == true)
  }

  @Test("secrets come from files too") func secretFile() async throws {
    try await withDirectory { directory in
      write("geheim\n".utf8, to: directory + "/password")
      let yaml = """
        sources:
          - name: p
            kind: http-json
            url: http://h
            auth: {type: basic, user: u, passwordFile: \(directory)/password}
        """
      let catalog = try #require(try await load(yaml).catalog)
      #expect(try catalog.source("p").auth == .basic(user: "u", password: Secret("geheim")))
    }
  }

  @Test("a missing directory is one fault") func missing() {
    #expect(throws: CatalogErrors.self) { try SourceCatalog.load(directory: "/nonexistent", environment: [:]) }
  }

  @Test("the shipped definitions are valid") func shipped() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let environment = [
      "PEMS_URL": "http://127.0.0.1:1", "PEMS_GRID": "G", "PEMS_TENANT": "T", "PEMS_USER": "u", "PEMS_PASSWORD": "p",
    ]
    let catalog = try SourceCatalog.load(directory: "/\(root)/Jobs", environment: environment)
    #expect(try catalog.source("pems").kind == .pemsGrid)
    let bare = try SourceCatalog.load(directory: "/\(root)/Jobs", environment: [:])
    #expect(bare.unconfigured["pems"] != nil)
  }
}
