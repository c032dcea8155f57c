import Postgres
import SQLCatalog
import SyncStore

/// One read that is measured: as an application, a command or the worker does it, in a transaction of its own.
struct BenchRead: Sendable {
  let name: String
  /// What the requirements allow, in milliseconds; nil: they do not say.
  let bound: Double?
  /// What we want, in milliseconds; nil: it is only printed.
  let goal: Double?
  /// Fetches everything; how many rows.
  let read: @Sendable (PGSession) throws -> Int

  static let session = "bench-reads"
  /// The organization of the live merge, with drafts of one record in twenty.
  static let small = "BENCH20K"

  /// In the order they take turns.
  static let all: [BenchRead] = [
    BenchRead(name: "filter category and source, page of 1,000", bound: 50, goal: 10) {
      try app($0, Queries.benchFilter, [.text(BenchDatabase.organization), .text("Category 7"), .text("Rental")])
    },
    BenchRead(name: "live merge of 20,000 with drafts", bound: 100, goal: 60) {
      try app($0, Queries.benchMerged, [.text(small)], organization: small)
    },
    BenchRead(name: "KPI summary", bound: 50, goal: 1) {
      try app($0, Queries.showKPIs, [.text(BenchDatabase.organization)])
    },
    BenchRead(name: "timeline bounds", bound: 20, goal: 1) {
      try app($0, Queries.showTimeline, [.text(BenchDatabase.organization)])
    },
    BenchRead(name: "pending pushes, page of 100", bound: 20, goal: 2) { session in
      try session.reading {
        try DraftReports.list(
          session, organization: BenchDatabase.organization, session: nil, user: nil, state: "committed", limit: 100
        ).rowCount
      }
    },
    BenchRead(name: "pending pushes, claim of 100", bound: nil, goal: nil, read: claimPushes),
    BenchRead(name: "containment, page of 100", bound: 200, goal: 20) { session in
      try session.reading { try containing(session, #"{"manufacturer": "Manufacturer 7"}"#) }
    },
    BenchRead(name: "containment, one record", bound: 200, goal: 20) { session in
      try session.reading { try containing(session, #"{"equipment": "EQ-1"}"#) }
    },
    BenchRead(name: "containment, page of 100, as an application", bound: 200, goal: 20) {
      try app($0, Queries.benchSearch, [.text(#"{"manufacturer": "Manufacturer 7"}"#)])
    },
    BenchRead(name: "containment, one record, as an application", bound: 200, goal: 20) {
      try app($0, Queries.benchSearch, [.text(#"{"equipment": "EQ-1"}"#)])
    },
  ]

  private static func containing(_ session: PGSession, _ content: String) throws -> Int {
    try session.query(Queries.benchContainment, [.text(BenchDatabase.organization), .text(content)]).rowCount
  }

  private static func app(
    _ session: PGSession, _ sql: String, _ values: [PGValue], organization: String = BenchDatabase.organization
  ) throws -> Int {
    try session.transaction(readOnly: true) {
      try session.query(Queries.becomeApp, [.text(organization), .text("bench"), .text(BenchRead.session)])
      return try session.query(sql, values).rowCount
    }
  }

  /// The claim is taken back, so that the next one finds the same.
  private struct TakenBack: Error {
    let rows: Int
  }

  private static func claimPushes(_ session: PGSession) throws -> Int {
    do {
      try session.asSystem {
        // No source rests.
        let none = PGValue.array(.text([String]()))
        throw TakenBack(rows: try session.query(Queries.claimPushes, [.int4(100), .int4(12), none, none]).rowCount)
      }
    } catch let claim as TakenBack {
      return claim.rows
    }
    return 0
  }
}
