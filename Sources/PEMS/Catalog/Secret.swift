/// A credential: usable, but not printable, not even by accident in a dump of the value that holds it.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The text itself, for the place that sends it.
  package let revealed: String

  package init(_ text: String) { revealed = text }

  package var description: String { "(secret)" }
  package var debugDescription: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
