import CSystem

/// What was built, from what.
package enum BuildInfo {
  /// Semantic version of the product.
  package static let version = "0.1.0"

  /// The git commit; "unknown" unless the build was given one (`-Xcc -DSYNCLINE_REVISION='"..."'`).
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
