import Runtime

/// `syncline version`: what this binary is. Touches nothing else, so it answers even with a broken configuration.
enum VersionCommand {
  /// Versions of the libraries this was linked with, for example `("libpq", "15.7")`; looked up only when asked for.
  typealias Components = @Sendable () -> [(name: String, version: String)]

  static func command(components: @escaping Components = { [] }) -> Command {
    Command(
      path: ["version"], summary: "Show what this program was built from",
      examples: [
        Example("syncline version", "for people"), Example("syncline version -o json", "for scripts"),
      ]
    ) { invocation in
      let parts = [("version", BuildInfo.version), ("revision", BuildInfo.revision), ("swift", BuildInfo.swift)]
      let all = parts + components().map { ($0.name, $0.version) }
      try invocation.output.show(all.map { Column($0.0) }, all.map { .text($0.1) })
      return .ok
    }
  }
}
