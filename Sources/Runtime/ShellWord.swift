/// A word of a command that somebody will paste, as a shell takes it: bare where that is safe, else in double quotes,
/// so that the command can stand in single quotes itself; in single quotes where a shell changes what is in double
/// ones.
package func shellQuoted(_ word: String) -> String {
  let isBare =
    !word.isEmpty
    && word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./:=@%+,".utf8.contains(byte)
    }
  if isBare { return word }
  // An exclamation mark in double quotes is somebody's history.
  if word.contains("!") { return "'" + word.replacing("'", with: "'\\''") + "'" }
  let escaped = word.map { "\\\"$`".contains($0) ? "\\\($0)" : String($0) }
  return "\"" + escaped.joined() + "\""
}

/// Options with values that are given, each behind a blank, for the end of a command: ` --kind read_sync`.
package func shellOptions(_ options: [(name: String, value: String?)]) -> String {
  options.map { name, value in value.map { " --\(name) \(shellQuoted($0))" } ?? "" }.joined()
}
