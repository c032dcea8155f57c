import Postgres
import SQLCatalog
import SyncDomain

/// Which records are meant; nil means any.
package struct RecordFilter: Sendable {
  package var category: String?
  package var recordClass: String?
  package var source: String?
  package var dor: String?
  package var contract: String?
  /// Records whose forecast overlaps the days from the first to before the second.
  package var forecastFrom: CivilDate?
  package var forecastTo: CivilDate?
  /// A JSON object that the record contains.
  package var contained: [UInt8]?
  package var isDiscontinued: Bool?
  /// The session has a draft of it.
  package var hasDraft: Bool?

  package init() {}
}

/// Whose drafts are laid over the records: of a session, and of one user of it when named. Neither: nobody's.
package struct RecordView: Sendable {
  package let session: String?
  package let user: String?

  package init(session: String? = nil, user: String? = nil) {
    self.session = session
    self.user = user
  }
}

/// Records as a session sees them. Bind the session with `reading` first.
package enum RecordReports {
  /// In order of pfaId (code points), from behind `after`: rows of `pfa_merged_live`.
  package static func list(
    _ session: PGSession, organization: String, _ filter: RecordFilter, as view: RecordView, after: String?,
    limit: Int64
  ) throws -> PGResult {
    try bind(session, view)
    return try session.query(
      Queries.mergedRecords,
      [
        .text(organization), PGValue(filter.category), PGValue(filter.recordClass), PGValue(filter.source),
        PGValue(filter.dor), PGValue(filter.contract), PGValue(filter.forecastFrom?.text),
        PGValue(filter.forecastTo?.text), filter.contained.map { .json($0) } ?? .null,
        filter.isDiscontinued.map { .bool($0) } ?? .null, filter.hasDraft.map { .bool($0) } ?? .null, PGValue(after),
        .int4(Int32(clamping: limit)),
      ])
  }

  /// Nil: there is none.
  package static func record(
    _ session: PGSession, organization: String, _ pfaId: String, as view: RecordView
  ) throws -> PGRow? {
    try bind(session, view)
    return try session.query(Queries.mergedRecord, [.text(organization), .text(pfaId)]).first
  }

  /// What people did about a record, the newest first.
  package static func history(
    _ session: PGSession, organization: String, id: String, pfaId: String, limit: Int64
  ) throws -> PGResult {
    try session.query(
      Queries.recordHistory, [.text(organization), .uuid(id), .text(pfaId), .int4(Int32(clamping: limit))])
  }

  /// Takes the order of a record back, so that the next one that PEMS sends is newer; false: it has none.
  package static func release(
    _ session: PGSession, organization: String, _ pfaId: String, by decision: Decision
  ) throws -> Bool {
    try session.asSystem(by: decision) {
      try session.query(Queries.releaseRecord, [.text(organization), .text(pfaId)]).one().bool("released") ?? false
    }
  }

  /// Records of an organization whose order lies in the future.
  package struct AheadOrders: Sendable, Equatable {
    package let organization: String
    package let records: Int64
    /// The pfaId of one of them.
    package let example: String

    package init(organization: String, records: Int64, example: String) {
      self.organization = organization
      self.records = records
      self.example = example
    }
  }

  /// Looks at every record, among organizations whose orders are milliseconds since 1970, as PEMS' are.
  package static func ordersAhead(_ session: PGSession) throws -> [AheadOrders] {
    try session.query(Queries.implausibleOrders).rows.map { row in
      AheadOrders(
        organization: try row.string("organization_id"), records: try row.integer("records"),
        example: try row.string("example"))
    }
  }

  private static func bind(_ session: PGSession, _ view: RecordView) throws {
    try session.query(Queries.bindSession, [PGValue(view.session), PGValue(view.user)])
  }
}
