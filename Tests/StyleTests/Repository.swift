import FoundationEssentials

/// The text files of a source tree by path, so that a rule can be tried on a tree that exists only in a test.
struct Repository: Sendable {
  /// Text by path from the root, for example `Sources/Runtime/Log.swift`.
  let files: [String: String]
  /// The Swift files among them, taken apart.
  let swift: [String: SwiftText]
  /// Names in the root directory.
  var topLevel: [String]

  /// A tree with nothing in it but `files`.
  init(files: [String: String]) {
    self.files = files
    swift = files.filter { $0.key.hasSuffix(".swift") }.mapValues { SwiftText($0) }
    topLevel = Set(files.keys.map { String($0.prefix { $0 != "/" }) }).sorted()
  }

  /// The tree this file was compiled from. Blocks; throws when a file cannot be read.
  static func here(_ thisFile: String = #filePath) throws -> Repository {
    let root = thisFile.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    let names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
    var files: [String: String] = [:]
    for name in names where !name.hasPrefix(".") {
      // Nothing is below a plain file.
      let below = (try? FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(name)")) ?? []
      for path in [name] + below.map({ "\(name)/\($0)" }) {
        // A directory has no contents; a fixture may be compressed, or not UTF-8 on purpose.
        guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
          let text = String(validating: data, as: UTF8.self)
        else { continue }
        files[path] = text
      }
    }
    var repository = Repository(files: files)
    repository.topLevel = names
    return repository
  }

  /// Files below one of `folders` (all when empty) with one of the extensions, in order of path.
  func files(in folders: [String] = [], _ extensions: String...) -> [(path: String, text: String)] {
    files.filter { path, _ in
      extensions.contains { path.hasSuffix("." + $0) }
        && (folders.isEmpty || folders.contains { path.hasPrefix($0 + "/") })
    }
    .sorted { $0.key < $1.key }.map { (path: $0.key, text: $0.value) }
  }

  /// Swift files below one of `folders`, taken apart, in order of path.
  func swift(in folders: String...) -> [(path: String, text: SwiftText)] {
    swift.filter { path, _ in folders.contains { path.hasPrefix($0 + "/") } }
      .sorted { $0.key < $1.key }.map { (path: $0.key, text: $0.value) }
  }
}
