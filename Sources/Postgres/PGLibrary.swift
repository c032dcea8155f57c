import CLibPQ

/// The libpq that is loaded.
package enum PGLibrary {
  /// As in `15.13`.
  package static var version: String { "\(PQlibVersion() / 10_000).\(PQlibVersion() % 10_000)" }
}
