import Glibc

/// What a descriptor shows things on: whether a person reads it, how wide it is, whether colour is welcome.
package struct Terminal: Sendable, Equatable {
  /// False for files and pipes.
  package var isTerminal: Bool
  /// Columns; nil when it is not a terminal or does not say.
  package var width: Int?
  /// Lines; nil when it is not a terminal or does not say.
  package var height: Int?
  /// True on a terminal without `NO_COLOR` (set to anything but the empty text) that is not `TERM=dumb`.
  package var hasColor: Bool

  package init(isTerminal: Bool, width: Int? = nil, height: Int? = nil, hasColor: Bool = false) {
    self.isTerminal = isTerminal
    self.width = width
    self.height = height
    self.hasColor = hasColor
  }

  /// Neither a person nor a width: files and pipes.
  package static let none = Terminal(isTerminal: false)

  /// Looks at a descriptor. Does not block.
  package static func of(_ descriptor: Int32, environment: [String: String]) -> Terminal {
    guard isatty(descriptor) == 1 else { return .none }
    var size = winsize()
    let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    let plain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    return Terminal(
      isTerminal: true, width: known ? Int(size.ws_col) : environment["COLUMNS"].flatMap(Int.init),
      height: known ? Int(size.ws_row) : nil, hasColor: !plain)
  }
}
