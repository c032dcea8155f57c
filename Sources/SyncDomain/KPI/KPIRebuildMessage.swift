/// `pfa.kpi.rebuild`: somebody wants an organization's totals corrected from its records.
package struct KPIRebuildMessage: Hashable, Sendable {
  package let organization: String

  package static let type = "pfa.kpi.rebuild"

  package init(organization: String) { self.organization = organization }

  /// Throws ``MessageFault`` with INVALID_JSON, INVALID_MESSAGE or ORGANIZATION_MISMATCH.
  package init(_ event: CloudEvent) throws(MessageFault) {
    organization = try Payload(event.data, lists: []).organization(header: event.organization)
  }

  /// The payload, canonical.
  package func encoded() -> [UInt8] { JSONValue.object([.init("organization", .string(organization))]).canonical() }
}
