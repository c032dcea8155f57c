/// What a command does to what is there: the one rule about questions and `--yes`.
///
/// Commands that change something take `--yes` and `--reason`, whether they ask or not.
package enum Change: Sendable, CaseIterable {
  /// Adds something or asks for work, and takes nothing away: never asks.
  case adds
  /// Changes what others rely on, and another command can change it again: asks on a terminal, goes ahead without one.
  case alters
  /// Takes away what no command brings back: asks on a terminal; without one it needs `--yes`.
  case destroys

  var asksOnTerminal: Bool { self != .adds }
  var needsYesWithoutTerminal: Bool { self == .destroys }
}
