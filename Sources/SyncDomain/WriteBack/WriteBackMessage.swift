/// `pfa.write-back.requested`: a committed edit wants to be pushed to PEMS.
package struct WriteBackMessage: Hashable, Sendable {
  package static let requestedType = "pfa.write-back.requested"

  package let organization: String
  package let modificationId: String

  package init(organization: String, modificationId: String) {
    self.organization = organization
    self.modificationId = modificationId
  }

  /// Throws ``MessageFault`` with INVALID_JSON, INVALID_MESSAGE, ORGANIZATION_MISMATCH or UNKNOWN_TYPE.
  package init(_ event: CloudEvent) throws(MessageFault) {
    guard event.type == WriteBackMessage.requestedType else {
      throw .unknownType(event.type)
    }
    let payload = try Payload(event.data, lists: [])
    organization = try payload.organization(header: event.organization)
    modificationId = try payload.requiredText("modificationId")
  }

  /// The payload.
  package func encoded() -> [UInt8] {
    JSONValue.object([
      .init("modificationId", .string(modificationId)), .init("organization", .string(organization)),
    ]).canonical()
  }
}
