import SyncDomain

/// One record as the simulated PEMS holds it.
package struct SimulatedRow: Sendable, Equatable {
  package var pfaId: String
  /// Epoch milliseconds.
  package var modified: Int64
  /// The update counter.
  package var recordId: Int64
  /// Canonical `data` of the record; its own `lastModified` does not count.
  package var data: [UInt8]
  /// What is wrong with the way it is served; nil: nothing.
  package var poison: SimulatedPoison?

  package init(pfaId: String, modified: Int64, recordId: Int64, data: [UInt8]) {
    self.pfaId = pfaId
    self.modified = modified
    self.recordId = recordId
    self.data = data
  }

  package init(_ record: CanonicalRecord) {
    self.init(
      pfaId: record.pfaId, modified: record.order?.block ?? 0, recordId: record.order?.index ?? 0, data: record.data)
  }

  /// By (modified, pfaId), as a read asks for it.
  static func precedes(_ left: SimulatedRow, _ right: SimulatedRow) -> Bool {
    left.modified != right.modified ? left.modified < right.modified : left.pfaId < right.pfaId
  }
}

/// A way in which one row can be bad.
package enum SimulatedPoison: String, Sendable, CaseIterable {
  /// A `\u0000` escape in the description.
  case nul
  /// Half of a surrogate pair in the description.
  case loneSurrogate
  /// A byte in the description that is not UTF-8.
  case invalidUTF8
  /// A rate no database takes.
  case oversizeNumber
  /// A date, a number and a boolean that are none.
  case badTypes
  /// Another organization's code in the row.
  case foreignOrganization
  /// No pfaId.
  case missingId
}
