extension Rule {
  /// What lies where.
  static let layout: [Rule] = [
    Rule(
      name: "entry in the root directory",
      advice: "the root holds the manifest, Makefile, README, licence, Sources, Tests, Migrations, Jobs and Helm only",
      broken: ["Scripts/build.sh": "", "Package.swift": ""],
      sound: ["Jobs/rio.yaml": "", "Makefile": "", ".ci/run": "", "Helm/Chart.yaml": ""]
    ) { repository in
      let known: Set = [
        "Package.swift", "Package.resolved", "Makefile", "README.md", "LICENSE",
        "Sources", "Tests", "Migrations", "Jobs", "Helm",
      ]
      return repository.topLevel.filter { !known.contains($0) && !$0.hasPrefix(".") }.map { Finding($0) }
    },

    Rule(
      name: "more than 400 lines",
      advice: "past 400 lines a file is two ideas",
      broken: ["Sources/A/A.swift": String(repeating: "\n", count: 401)],
      sound: ["Sources/A/A.swift": String(repeating: "\n", count: 400)]
    ) { repository in
      repository.files(in: ["Sources", "Tests", "Migrations"], "swift", "sql", "c", "h").compactMap { path, text in
        let count = text.utf8.count { $0 == 0x0A }
        return count > 400 ? Finding(path, nil, "\(count)") : nil
      }
    },

    Rule(
      name: "line of more than 140 characters",
      advice: "aim at 120; `make format` wraps code and comments, SQL is wrapped by hand",
      broken: ["Migrations/Queries/a.sql": "-- " + String(repeating: "é", count: 138)],
      sound: ["Sources/A/A.swift": "// " + String(repeating: "é", count: 137)]
    ) { repository in
      repository.files("swift", "sql").flatMap { path, text in
        numbered(text).filter { $0.text.utf8.count > 140 && $0.text.count > 140 }.map { Finding(path, $0.number) }
      }
    },

    Rule(
      name: "unfinished business",
      advice: "do it, or leave it and say why in a sentence",
      broken: ["Sources/A/A.swift": "// TO" + "DO: later"],
      sound: ["Sources/A/A.swift": "// MASTODON, PREFIXME"]
    ) { repository in
      let markers = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
      return repository.files("swift", "sql", "c", "h", "md", "yaml").flatMap { path, text in
        numbered(text).filter { line in markers.contains { containsWord(line.text, $0) } }.map {
          Finding(path, $0.number)
        }
      }
    },

    Rule(
      name: "path of one machine",
      advice: "paths come from the environment, the settings or #filePath",
      broken: ["Tests/A/A.swift": "let path = \"/ho" + "me/someone/x\""],
      sound: ["Tests/A/A.swift": "let path = \"/tmp/x\"; let url = \"https://x/homes/1\""]
    ) { repository in
      let paths = ["/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "/wo" + "rk/", "/tmp/w" + "t/"]
      return repository.files("swift", "sql", "c", "h", "md", "yaml", "yml", "tsv").flatMap { path, text in
        numbered(text).filter { line in paths.contains { contains(line.text, $0) } }.map { Finding(path, $0.number) }
      }
    },

    Rule(
      name: "import without an arrow",
      advice: "a target imports what its entry in Package.swift lists, and arrows go downwards only",
      broken: [
        "Package.swift": #".target(name: "Low", swiftSettings: common), .target(name: "High", dependencies: ["Low"]),"#,
        "Sources/Low/A.swift": "import Glibc\nimport High",
      ],
      sound: [
        "Package.swift": #".target(name: "Low"), .target(name: "High", dependencies: ["Low"]), tests("Low", ["Low"]),"#,
        "Sources/High/A.swift": "package import struct Low.Thing\nimport FoundationEssentials",
        "Tests/LowTests/A.swift": "import Low\nimport Testing\nimport TestKit",
      ]
    ) { repository in
      let arrows = PackageArrows(repository.files["Package.swift"] ?? "")
      let toolchain: Set = ["Swift", "Glibc", "FoundationEssentials", "Synchronization", "Dispatch", "Observation"]
      return repository.swift(in: "Sources", "Tests", "Migrations").flatMap { path, text -> [Finding] in
        guard let declared = arrows.dependencies(of: path) else { return [Finding(path, nil, "of no target")] }
        let allowed = declared.union(toolchain).union(path.hasPrefix("Tests/") ? ["Testing"] : [])
        return text.imports.filter { !allowed.contains($0.module) }.map { Finding(path, $0.line, $0.module) }
      }
    },
  ]
}
