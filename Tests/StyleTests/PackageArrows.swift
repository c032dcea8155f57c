/// Who may import whom, read from the text of Package.swift.
struct PackageArrows {
  /// Declared dependencies by the target's directory. C targets are not in it.
  private(set) var targets: [String: Set<String>] = [:]

  init(_ manifest: String) {
    let text = SwiftText(manifest)
    // Literals are numbered by their order, which is that of the quotes in the code.
    var code = ""
    for line in text.lines { code += line.code + "\n" }
    let names = text.literals.map(\.text)
    var literal = 0
    var restored = ""
    var isOpen = false
    for character in code {
      restored.append(character)
      guard character == "\"" else { continue }
      isOpen.toggle()
      if isOpen {
        restored += literal < names.count ? names[literal] : ""
        literal += 1
      }
    }

    let target = #/\.(target|executableTarget|testTarget)\(\s*name: "(\w+)"((?:[^()]|\([^()]*\))*)\)/#
    for match in restored.matches(of: target) {
      let name = String(match.output.2)
      let rest = match.output.3
      let path = rest.firstMatch(of: #/path: "([^"]+)"/#).map { String($0.output.1) }
      let folder = match.output.1 == "testTarget" ? "Tests" : "Sources"
      targets[path ?? "\(folder)/\(name)"] = PackageArrows.names(rest.firstMatch(of: #/dependencies: \[([^\]]*)\]/#)?.1)
    }
    for match in restored.matches(of: #/(?:^|\s)tests\(\s*"(\w+)",\s*\[([^\]]*)\]\)/#) {
      targets["Tests/\(match.output.1)Tests"] = PackageArrows.names(match.output.2).union(["TestKit"])
    }
  }

  private static func names(_ list: Substring?) -> Set<String> {
    Set((list ?? "").matches(of: #/"(\w+)"/#).map { String($0.output.1) })
  }

  /// The dependencies of the target a file belongs to; nil when it belongs to none.
  func dependencies(of path: String) -> Set<String>? {
    targets.first { path.hasPrefix($0.key + "/") }?.value
  }
}
