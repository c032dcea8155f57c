import CSystem

/// What was built, from what.
package enum BuildInfo {
  /// Semantic version of the product.
  package static let version = "0.1.0"

  /// The git commit, `-dirty` when files had changed since; "unknown" unless `make release` made this program of a
  /// clone, or was given `REVISION=…`.
  package static var revision: String { String(cString: csystem_revision()) }

  /// The compiler's language version.
  package static var swift: String {
    #if compiler(>=6.4)
      "6.4 or newer"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }
}
