import SyncDomain

/// Kafka headers as a JSON column holds them: `[[name, text], …]`, a value that is not UTF-8 as `{"base64": …}`, a
/// missing one as null.
package enum HeaderText {
  package static func encode(_ headers: [(name: String, value: [UInt8]?)]) -> [UInt8] {
    JSONValue.array(
      headers.map { header in
        let value: JSONValue
        if let bytes = header.value {
          if let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) {
            value = .string(text)
          } else {
            value = .object([.init("base64", .string(Base64.encode(bytes)))])
          }
        } else {
          value = .null
        }
        // jsonb knows no NUL; a name with one is foreign nonsense that must not stop the row.
        return .array([.string(header.name.replacing("\0", with: "\u{FFFD}")), value])
      }
    ).canonical()
  }

  /// Nil when it is not what ``encode`` writes.
  package static func decode(_ json: [UInt8]) -> [(name: String, value: [UInt8]?)]? {
    guard let value = try? JSONValue(parsing: json), case .array(let pairs) = value else { return nil }
    var headers: [(name: String, value: [UInt8]?)] = []
    for pair in pairs {
      guard case .array(let parts) = pair, parts.count == 2, let name = parts[0].string else { return nil }
      if let text = parts[1].string {
        headers.append((name: name, value: Array(text.utf8)))
      } else if let encoded = parts[1]["base64"]?.string, let bytes = Base64.decode(Array(encoded.utf8)) {
        headers.append((name: name, value: bytes))
      } else if parts[1].isNull {
        headers.append((name: name, value: nil))
      } else {
        return nil
      }
    }
    return headers
  }
}
