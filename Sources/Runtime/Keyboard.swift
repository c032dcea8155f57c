import Glibc

/// Single keys of a person at a terminal, without waiting for the end of a line.
package final class Keyboard: Sendable {
  private let earlier: termios

  /// Nil when standard input is no terminal. `restore` gives the terminal back as it was.
  package init?() {
    var settings = termios()
    guard isatty(0) == 1, tcgetattr(0, &settings) == 0 else { return nil }
    earlier = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(0, TCSANOW, &settings) == 0 else { return nil }
  }

  package func restore() {
    var settings = earlier
    tcsetattr(0, TCSANOW, &settings)
  }

  /// The key that was pressed last; nil: none. Does not block.
  package func pressed() -> Character? {
    var ready = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLIN) != 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(0, &bytes, bytes.count)
    return count > 0 ? Character(UnicodeScalar(bytes[count - 1])) : nil
  }
}
