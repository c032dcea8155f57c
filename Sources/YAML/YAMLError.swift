/// A fault in a YAML file, with its place; prints as `file:line:column: message`.
package struct YAMLError: Error, Equatable, Sendable, CustomStringConvertible {
  package let file: String
  /// From 1.
  package let line: Int
  /// From 1.
  package let column: Int
  package let message: String

  package init(file: String, line: Int, column: Int, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  package var description: String { "\(file):\(line):\(column): \(message)" }
}
