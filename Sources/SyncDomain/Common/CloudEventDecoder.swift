/// Reads events from Kafka messages (CloudEvents Kafka protocol binding 1.0).
extension CloudEvent {
  /// Decodes one message; never throws, a message that is no event comes back as a value.
  ///
  /// - Parameters:
  ///   - headers: as received. Names are compared without case; of equal names the first counts.
  ///   - key: not needed to read an event; part of the signature because a tombstone is told by key and missing value.
  ///   - value: nil is a tombstone whatever the headers say.
  package static func decode(headers: [(String, [UInt8]?)], key: [UInt8]?, value: [UInt8]?) -> Decoded {
    guard let value else { return .tombstone }
    do {
      var attributes = try Attributes(headers: headers)
      var data = value
      if attributes.isStructured {
        (attributes, data) = try Attributes.structured(value, traceparent: attributes["traceparent"])
      }
      return .event(try attributes.event(data: data))
    } catch {
      return .undecodable(error)
    }
  }
}

/// Attribute names in lower case, without the `ce_` of the headers, and their values.
private struct Attributes {
  private var values: [String: String] = [:]
  private(set) var isStructured = false

  subscript(_ name: String) -> String? { values[name] }

  init(headers: [(String, [UInt8]?)]) throws(MessageFault) {
    for (header, bytes) in headers {
      let lower = header.lowercased()
      let isContentType = lower == "content-type"
      let name = lower.hasPrefix("ce_") || lower.hasPrefix("ce-") ? String(lower.dropFirst(3)) : lower
      // Headers of others (tracing, routing) may hold any bytes: only what is ours is read.
      guard isContentType || name != lower || name == "traceparent", let bytes else { continue }
      guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
        if name == "traceparent" { continue }
        throw .envelope("header \(name) is not text")
      }
      if isContentType {
        isStructured = text.lowercased().hasPrefix("application/cloudevents")
        if isStructured, !Attributes.isJSONFormat(text.lowercased()) {
          throw .envelope("content-type is not application/cloudevents+json")
        }
      } else if values[name] == nil {
        values[name] = text
      }
    }
  }

  private init(values: [String: String]) { self.values = values }

  private static func isJSONFormat(_ contentType: String) -> Bool {
    let mediaType = contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
    return mediaType == "application/cloudevents+json"
  }

  /// The attributes and the payload of a structured event.
  static func structured(_ value: [UInt8], traceparent: String?) throws(MessageFault) -> (Attributes, [UInt8]) {
    let bytes = value.span
    var found: [String: String] = traceparent.map { ["traceparent": $0] } ?? [:]
    var data: [UInt8]?
    var scanner = JSONScanner()
    do throws(JSONSyntaxError) {
      guard scanner.openObject(bytes) else { throw JSONSyntaxError(offset: scanner.position) }
      while let key = try scanner.nextKey(bytes) {
        let name = JSONText.decode(bytes.extracting(key.range), hasEscapes: key.hasEscapes).lowercased()
        scanner.flaws = []
        let range = try scanner.skipValue(bytes)
        if name == "data" {
          data = Array(value[range])
        } else if !scanner.flaws.isEmpty {
          found[name] = nil
        } else if let text = scalar(bytes, range) {
          found[name] = text
        }
      }
      try scanner.finish(bytes)
    } catch {
      throw .json(error)
    }
    if data == nil, let encoded = found["data_base64"] {
      guard let decoded = Base64.decode(Array(encoded.utf8)) else { throw .envelope("data_base64 is not base64") }
      data = decoded
    }
    found["data_base64"] = nil
    return (Attributes(values: found), data ?? [])
  }

  /// A string's text, or a number or boolean as it is written; nil for null, objects and arrays.
  private static func scalar(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
    switch bytes[range.lowerBound] {
    case ASCII.quote: return JSONText.literal(bytes, range)
    case ASCII.openBrace, ASCII.openBracket, 0x6E: return nil
    default: return JSONText.decode(bytes.extracting(range), hasEscapes: false)
    }
  }

  func event(data: [UInt8]) throws(MessageFault) -> CloudEvent {
    func required(_ name: String) throws(MessageFault) -> String {
      guard let value = values[name], !value.isEmpty else { throw .envelope("ce_\(name) is missing") }
      return value
    }
    let (id, source, type) = (try required("id"), try required("source"), try required("type"))
    let version = try required("specversion")
    guard version == "1.0" else {
      throw MessageFault(code: IssueCode.unsupportedSpecVersion, reason: "specversion is not 1.0")
    }
    return CloudEvent(
      id: id, source: source, type: type, specversion: version, time: values["time"], subject: values["subject"],
      organization: values["organization"].flatMap { $0.isEmpty ? nil : $0 }, jobid: values["jobid"],
      traceparent: values["traceparent"], data: data)
  }
}
