/// A value that must not appear in a log, an error or a listing: whatever prints it prints `***`.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  package init(_ value: String) { self.value = value }

  /// The value itself, for the library that needs it and nothing else.
  package func reveal() -> String { value }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
