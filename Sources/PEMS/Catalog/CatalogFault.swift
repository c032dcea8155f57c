/// One fault in a definition file; prints as `file:line: message`, of a whole file or
/// directory as `file: message`.
package struct CatalogFault: Error, Sendable, Equatable, CustomStringConvertible {
  package let file: String
  /// From 1; 0: no line in particular.
  package let line: Int
  package let message: String

  package init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// Of a directory that is not there, or that this user can not read.
  package static func unreadable(directory: String) -> CatalogFault {
    CatalogFault(file: directory, line: 0, message: unreadableDirectory)
  }

  /// There is no file to mend.
  package var isOfDirectory: Bool { message == Self.unreadableDirectory }

  private static let unreadableDirectory = "cannot read this directory"

  package var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}

/// Every fault of a catalog at once, in the order of files and lines.
package struct CatalogErrors: Error, Sendable, Equatable, CustomStringConvertible {
  package let faults: [CatalogFault]

  package init(faults: [CatalogFault]) { self.faults = faults }

  package var description: String { faults.map(\.description).joined(separator: "\n") }
}
