/// A command line that was understood.
enum ParsedLine: Sendable {
  /// `syncline`, `syncline help …`, `… --help`: help about these words (none, a noun, or a command's path).
  case help(topic: [String])
  case run(Command, ParsedValues)
}

/// The values a command line gave; checked against their declarations.
package struct ParsedValues: Sendable, Equatable {
  /// By the argument's name.
  var arguments: [String: [String]] = [:]
  /// By the option's name; a flag has one empty value.
  var options: [String: [String]] = [:]
}
