/// A CloudEvents 1.0 event as Kafka carries it, in binary or structured mode.
package struct CloudEvent: Hashable, Sendable {
  /// With ``source`` it identifies the event.
  package var id: String
  package var source: String
  package var type: String
  package var specversion: String
  /// RFC 3339 as it was written; nil when absent.
  package var time: String?
  package var subject: String?
  /// The extension `organization`; nil when the payload alone names it.
  package var organization: String?
  package var jobid: String?
  package var traceparent: String?
  /// The payload's bytes, not yet looked at; in structured mode the `data` member as it stands in the message, or
  /// `data_base64` decoded.
  package var data: [UInt8]

  package init(
    id: String, source: String, type: String, specversion: String = "1.0", time: String? = nil, subject: String? = nil,
    organization: String? = nil, jobid: String? = nil, traceparent: String? = nil, data: [UInt8] = []
  ) {
    self.id = id
    self.source = source
    self.type = type
    self.specversion = specversion
    self.time = time
    self.subject = subject
    self.organization = organization
    self.jobid = jobid
    self.traceparent = traceparent
    self.data = data
  }

  /// A Kafka message read as an event.
  package enum Decoded: Hashable, Sendable {
    case event(CloudEvent)
    /// A null value: counted and skipped.
    case tombstone
    case undecodable(MessageFault)
  }

  /// Kafka headers of binary mode, in a fixed order, with `content-type: application/json`.
  package var binaryHeaders: [(String, [UInt8]?)] {
    let attributes: [(String, String?)] = [
      ("ce_specversion", specversion), ("ce_id", id), ("ce_source", source), ("ce_type", type), ("ce_time", time),
      ("ce_subject", subject), ("ce_organization", organization), ("ce_jobid", jobid), ("traceparent", traceparent),
      ("content-type", "application/json"),
    ]
    return attributes.compactMap { name, value in value.map { (name, Array($0.utf8)) } }
  }
}

/// Why a message goes to the dead letters: a code to filter by and a line to read.
package struct MessageFault: Error, Hashable, Sendable {
  /// One of ``IssueCode``.
  package let code: String
  /// What is wrong, naming the field; holds no payload.
  package let reason: String

  package init(code: String, reason: String) {
    self.code = code
    self.reason = reason
  }

  static func envelope(_ reason: String) -> MessageFault {
    MessageFault(code: IssueCode.invalidEnvelope, reason: reason)
  }
  /// Named, so that different types are different causes; short, and nothing in it that a terminal obeys.
  static func unknownType(_ type: String) -> MessageFault {
    let scalars = type.unicodeScalars
    let shown = scalars.prefix(100).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }
    return MessageFault(
      code: IssueCode.unknownType, reason: "unknown type '\(String(shown))\(scalars.count > 100 ? "…" : "")'")
  }
  static func message(_ reason: String) -> MessageFault { MessageFault(code: IssueCode.invalidMessage, reason: reason) }
  static func json(_ error: JSONSyntaxError) -> MessageFault {
    MessageFault(code: IssueCode.invalidJSON, reason: "not JSON at byte \(error.offset)")
  }
}

extension CloudEvent {
  /// The key by which the database remembers a request of an organization. The lengths keep ("a b", "c") and
  /// ("a", "b c") apart.
  package func requestKey(_ organization: String) -> String {
    "\(organization.utf8.count) \(organization) \(source.utf8.count) \(source) \(id)"
  }
}
