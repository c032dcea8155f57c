/// Secrets that job definitions and deployment targets refer to by name: a variable, its `_FILE` twin, or a line of the
/// `--config` file.
package struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  private let source: SettingsSource?

  /// Knows nothing.
  package init() { source = nil }

  init(_ source: SettingsSource) { self.source = source.withoutFaults }

  /// The secret of this name; nil when it is not given. Reads a file for a `_FILE` twin, so it blocks. Throws when that
  /// fails.
  package func secret(named name: String) throws(SettingsErrors) -> Secret? {
    guard var source else { return nil }
    let value = source.value(named: name)
    guard source.faults.isEmpty else { throw SettingsErrors(source.faults) }
    return value.map { Secret($0.text) }
  }

  package var description: String { "credentials" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
