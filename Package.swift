// swift-tools-version: 6.2
import PackageDescription

// Arrows go downwards only: a target may import what stands above it in this list and nothing else. `make build` passes
// --explicit-target-dependency-import-check error, without which an undeclared import builds silently.

/// Every Swift target: Swift 6 mode, warnings are errors.
let common: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]
/// Targets that do not touch a C library: unsafe code is an error there.
let safe: [SwiftSetting] = common + [.strictMemorySafety()]

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name + "Tests", dependencies: dependencies + ["TestKit"], swiftSettings: common)
}

/// The readers of foreign bytes, as tests, or, with SYNCLINE_FUZZ, as the program that `make fuzz` runs.
let fuzzing: Target =
  Context.environment["SYNCLINE_FUZZ"] == nil
  ? .testTarget(
    name: "FuzzTests", dependencies: ["SyncWorker", "SyncDomain", "Kafka", "PEMS", "YAML"],
    exclude: ["Fuzz.swift", "Corpus"], swiftSettings: common)
  : .executableTarget(
    name: "Fuzz", dependencies: ["SyncWorker", "SyncDomain", "Kafka", "PEMS", "YAML"], path: "Tests/FuzzTests",
    exclude: ["FuzzTests.swift", "Mutator.swift", "Corpus"], swiftSettings: common)

let package = Package(
  name: "syncline",
  products: [.executable(name: "syncline", targets: ["syncline"])],
  targets: [
    // C libraries, as Debian packages them.
    system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
    system("CLibRDKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
    system("CLibCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    system("CLibMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    system("CLibYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),

    // Wrappers: the only places with unsafe code.
    .target(name: "CSystem"),
    .target(name: "Runtime", dependencies: ["CSystem"], swiftSettings: common),
    .target(name: "HTTP", dependencies: ["CLibCurl", "CLibMicroHTTPD", "Runtime"], swiftSettings: common),
    .target(name: "YAML", dependencies: ["CLibYAML"], swiftSettings: common),
    .target(name: "Postgres", dependencies: ["CLibPQ", "Runtime"], swiftSettings: common),
    .target(name: "Kafka", dependencies: ["CLibRDKafka", "Runtime"], swiftSettings: common),

    // The product.
    .target(
      name: "SQLCatalog", path: "Migrations",
      resources: [.embedInCode("Schema"), .embedInCode("Queries")], swiftSettings: common),
    .target(name: "SyncDomain", swiftSettings: safe),
    .target(name: "SyncStore", dependencies: ["SyncDomain", "Postgres", "SQLCatalog", "Runtime"], swiftSettings: safe),
    .target(name: "PEMS", dependencies: ["SyncDomain", "HTTP", "YAML", "CZlib", "Runtime"], swiftSettings: common),
    .target(
      name: "SyncWorker", dependencies: ["SyncDomain", "SyncStore", "Postgres", "Kafka", "PEMS", "Runtime"],
      swiftSettings: safe),
    .target(
      name: "SyncScheduler", dependencies: ["SyncDomain", "SyncStore", "Postgres", "PEMS", "YAML", "Runtime"],
      swiftSettings: safe),
    .target(
      name: "Operator",
      dependencies: [
        "SyncWorker", "SyncScheduler", "SyncDomain", "SyncStore", "SQLCatalog", "Postgres", "Kafka", "PEMS", "HTTP",
        "Runtime",
      ],
      swiftSettings: safe),
    .executableTarget(name: "syncline", dependencies: ["Operator"], swiftSettings: safe),

    // Tests.
    .target(
      name: "TestKit",
      dependencies: ["SyncWorker", "SyncDomain", "SyncStore", "Postgres", "Kafka", "PEMS", "HTTP", "Runtime"],
      path: "Tests/TestKit", swiftSettings: common),
    tests("Runtime", ["Runtime"]),
    tests("HTTP", ["HTTP", "Runtime"]),
    tests("YAML", ["YAML"]),
    tests("Postgres", ["Postgres", "Runtime"]),
    tests("Kafka", ["Kafka", "Runtime"]),
    tests("SyncDomain", ["SyncDomain"]),
    tests("SyncStore", ["SyncStore", "SyncDomain", "Postgres", "SQLCatalog", "Runtime"]),
    tests("PEMS", ["PEMS", "SyncDomain", "HTTP", "CZlib", "Runtime"]),
    tests(
      "SyncWorker",
      ["SyncWorker", "SyncStore", "SyncDomain", "Postgres", "Kafka", "PEMS", "Runtime", "SQLCatalog", "syncline"]),
    tests(
      "SyncScheduler",
      ["SyncScheduler", "SyncWorker", "SyncStore", "SyncDomain", "Postgres", "Kafka", "PEMS", "Runtime", "syncline"]),
    tests(
      "Operator",
      [
        "Operator", "SyncWorker", "SyncScheduler", "SyncStore", "SyncDomain", "Postgres", "Kafka", "PEMS", "HTTP",
        "Runtime", "syncline",
      ]),
    tests(
      "Simulation",
      ["SyncWorker", "SyncScheduler", "SyncStore", "SyncDomain", "Postgres", "Kafka", "PEMS", "Runtime"]),
    fuzzing,
    tests("Style", []),
  ]
)
