import SyncDomain

/// Where edits are written to: one record at a time, read first and then changed as it was read.
///
/// Neither call retries: what is to be done after a failure depends on what the record says then, which only the caller
/// can find out.
package protocol RecordTarget: Sendable {
  /// The record as the upstream has it now; nil when it has none of this id, which an answer that may lack rows never
  /// means. May wait for the tenant's rate limit, several times where the upstream must be searched for the record.
  func read(organization: String, pfaId: String) async throws(SourceError) -> UpstreamRecord?

  /// Changes the patch's fields and nothing else. After an error whose `isTransient` is true nobody knows whether the
  /// upstream has taken them; STALE_RECORD means that somebody was faster and nothing was changed.
  func write(_ patch: RecordPatch) async throws(SourceError)
}

/// One record of the upstream with its update counter.
package struct UpstreamRecord: Sendable {
  package let record: CanonicalRecord
  /// To be sent with a change, which is refused when it is no longer this; nil when the upstream counts nothing.
  package let recordId: Int64?

  package init(record: CanonicalRecord, recordId: Int64?) {
    self.record = record
    self.recordId = recordId
  }
}

/// A change of some fields of one record.
package struct RecordPatch: Sendable {
  package let organization: String
  package let pfaId: String
  package let recordId: Int64?
  /// Our keys of `data` with canonical values; null clears a field.
  package let changes: FieldValues

  package init(organization: String, pfaId: String, recordId: Int64?, changes: FieldValues) {
    self.organization = organization
    self.pfaId = pfaId
    self.recordId = recordId
    self.changes = changes
  }
}
