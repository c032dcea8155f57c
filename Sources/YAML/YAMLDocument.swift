import CLibYAML

/// Reads one YAML document into a tree of nodes, over libyaml's document API.
///
/// Safe for hostile bytes: size, depth and the nodes an alias may multiply into are bounded, cycles are refused, and
/// every fault names its place.
package enum YAMLDocument {
  /// Bytes of a file. Default limit for definitions written by people.
  package static let maximumBytes = 256 << 10
  static let maximumDepth = 64
  static let maximumNodes = 20_000
  static let maximumOpenBrackets = 256

  /// The root of the only document; an empty file is a null scalar. `file` is used in messages only.
  package static func parse(_ bytes: [UInt8], file: String) throws(YAMLError) -> YAMLNode {
    guard bytes.count <= maximumBytes else {
      throw YAMLError(file: file, line: 1, column: 1, message: "the file is larger than \(maximumBytes) bytes")
    }
    // libyaml also takes UTF-16; one encoding is enough, and a byte order mark must not fool it.
    guard String(validating: bytes, as: UTF8.self) != nil else {
      let line = 1 + bytes.prefix(firstInvalid(bytes)).count { $0 == 0x0A }
      throw YAMLError(file: file, line: line, column: 1, message: "not valid UTF-8")
    }
    try checkBrackets(bytes, file)
    return try Parser(bytes, file).root()
  }

  /// libyaml's time grows with the square of open brackets, and only then does it notice. Brackets inside text count
  /// too: nobody writes that many.
  private static func checkBrackets(_ bytes: [UInt8], _ file: String) throws(YAMLError) {
    var open = 0
    var line = 1
    for byte in bytes {
      switch byte {
      case 0x5B, 0x7B: open += 1  // [ {
      case 0x5D, 0x7D: open = max(0, open - 1)  // ] }
      case 0x0A: line += 1
      default: break
      }
      guard open <= maximumOpenBrackets else {
        throw YAMLError(file: file, line: line, column: 1, message: "nested too deeply: too many open brackets")
      }
    }
  }

  private static func firstInvalid(_ bytes: [UInt8]) -> Int {
    var low = 0
    var high = bytes.count
    // The longest valid prefix, rounded down to a character by the decoder: good enough for a line number.
    while low < high {
      let middle = (low + high + 1) / 2
      let cut = bytes[..<middle].lastIndex { $0 & 0xC0 != 0x80 } ?? 0
      if String(validating: bytes[..<cut], as: UTF8.self) != nil { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

/// The one owner of libyaml's parser and documents while a file is read.
private final class Parser {
  private let file: String
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private var nodes = 0

  init(_ source: [UInt8], _ file: String) {
    self.file = file
    bytes = .allocate(capacity: max(1, source.count))
    _ = bytes.initialize(from: source)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, source.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    bytes.deallocate()
  }

  func root() throws(YAMLError) -> YAMLNode {
    var document = yaml_document_t()
    try load(&document)
    defer { yaml_document_delete(&document) }
    guard let root = yaml_document_get_root_node(&document) else {
      return YAMLNode(.scalar("", .plain), line: 1, column: 1)
    }
    let tree = try convert(&document, root, path: [])
    var second = yaml_document_t()
    try load(&second)
    defer { yaml_document_delete(&second) }
    if yaml_document_get_root_node(&second) != nil {
      throw fault(second.start_mark, "a second document; a file holds one")
    }
    return tree
  }

  private func load(_ document: UnsafeMutablePointer<yaml_document_t>) throws(YAMLError) {
    guard yaml_parser_load(parser, document) == 0 else { return }
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not valid YAML"
    let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
    let isPlaced =
      parser.pointee.error == YAML_SCANNER_ERROR || parser.pointee.error == YAML_PARSER_ERROR
      || parser.pointee.error == YAML_COMPOSER_ERROR
    throw fault(isPlaced ? parser.pointee.problem_mark : parser.pointee.mark, context + problem)
  }

  /// `path` holds the collections above, so that an alias to one of them is seen as the cycle it is.
  private func convert(
    _ document: UnsafeMutablePointer<yaml_document_t>, _ node: UnsafeMutablePointer<yaml_node_t>,
    path: [UnsafeMutablePointer<yaml_node_t>]
  ) throws(YAMLError) -> YAMLNode {
    nodes += 1
    let mark = node.pointee.start_mark
    guard nodes <= YAMLDocument.maximumNodes else { throw fault(mark, "too many nodes, counting what aliases repeat") }
    guard path.count < YAMLDocument.maximumDepth else { throw fault(mark, "nested too deeply") }
    guard !path.contains(node) else { throw fault(mark, "an alias refers to what contains it") }
    let value: YAMLNode.Value
    switch node.pointee.type {
    case YAML_SEQUENCE_NODE:
      var items: [YAMLNode] = []
      var item = node.pointee.data.sequence.items.start
      while let index = item, index < node.pointee.data.sequence.items.top {
        if let child = yaml_document_get_node(document, index.pointee) {
          items.append(try convert(document, child, path: path + [node]))
        }
        item = index + 1
      }
      value = .sequence(items)
    case YAML_MAPPING_NODE:
      value = .mapping(try entries(document, node, path: path))
    default:
      value = .scalar(text(node), style(node))
    }
    return YAMLNode(value, line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }

  private func entries(
    _ document: UnsafeMutablePointer<yaml_document_t>, _ node: UnsafeMutablePointer<yaml_node_t>,
    path: [UnsafeMutablePointer<yaml_node_t>]
  ) throws(YAMLError) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var firstLine: [String: Int] = [:]
    var pair = node.pointee.data.mapping.pairs.start
    while let current = pair, current < node.pointee.data.mapping.pairs.top {
      pair = current + 1
      guard let keyNode = yaml_document_get_node(document, current.pointee.key),
        let valueNode = yaml_document_get_node(document, current.pointee.value)
      else { continue }
      let mark = keyNode.pointee.start_mark
      guard keyNode.pointee.type == YAML_SCALAR_NODE else { throw fault(mark, "a key must be text") }
      let key = text(keyNode)
      let line = Int(clamping: mark.line) + 1
      if let first = firstLine.updateValue(line, forKey: key) {
        throw fault(mark, "duplicate key \"\(key)\", first on line \(first)")
      }
      let value = try convert(document, valueNode, path: path + [node])
      entries.append(
        YAMLNode.Entry(key: key, keyLine: line, keyColumn: Int(clamping: mark.column) + 1, value: value))
    }
    return entries
  }

  private func text(_ node: UnsafeMutablePointer<yaml_node_t>) -> String {
    let scalar = node.pointee.data.scalar
    return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
  }

  private func style(_ node: UnsafeMutablePointer<yaml_node_t>) -> YAMLNode.Style {
    switch node.pointee.data.scalar.style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
    case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
    default: .plain
    }
  }

  private func fault(_ mark: yaml_mark_t, _ message: String) -> YAMLError {
    YAMLError(
      file: file, line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1, message: message)
  }
}
