import FoundationEssentials

/// The header fields of a request or an answer, in order; names compare without regard to case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first value of that name; nil when there is none. Setting replaces all of that name, nil removes them.
  package subscript(_ name: String) -> String? {
    get {
      let wanted = name.lowercased()
      return fields.first { $0.name.lowercased() == wanted }?.value
    }
    set {
      let wanted = name.lowercased()
      fields.removeAll { $0.name.lowercased() == wanted }
      if let newValue { fields.append(Field(name: name, value: newValue)) }
    }
  }

  /// Adds a field and keeps those of the same name.
  package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  /// `Authorization` for HTTP Basic (RFC 7617, UTF-8).
  package mutating func setBasicAuth(user: String, password: String) {
    self["Authorization"] = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }
}
