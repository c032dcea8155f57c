import Postgres
import SQLCatalog
import SyncDomain

/// Sources that take edits, and which of them nobody may ask now.
package struct RestingSources: Hashable, Sendable {
  package var known: [String] = []
  package var resting: [String] = []
  /// Edits of organizations that no known source was read for go to one that rests.
  package var othersRest = false

  package init() {}
}

/// Whether a tenant of an upstream is asked, as all workers share it. Bound with `asSystem`.
package enum BreakerStore {
  /// A tenant that has not answered since it was left alone. Moments are as commands print them.
  package struct Open: Hashable, Sendable {
    package let tenant: String
    package let openings: Int64
    package let since: String
    /// When it may be asked again; past when nobody has wanted to since.
    package let until: String
    /// Of the last failure.
    package let code: String
    package let message: String
    /// Nobody but the one who may be asking it now may ask.
    package let rests: Bool

    package init(
      tenant: String, openings: Int64, since: String, until: String, code: String, message: String, rests: Bool
    ) {
      self.tenant = tenant
      self.openings = openings
      self.since = since
      self.until = until
      self.code = code
      self.message = message
      self.rests = rests
    }
  }

  /// How a tenant does, as it was read.
  package struct Reading: Sendable {
    package var breaker: CircuitBreaker
    /// Seconds since 1970 by the database's clock.
    package let now: Double
    /// Nil: it is not open, or did not fail.
    package let since: String?
    package let code: String?
    package let message: String?
    fileprivate let revision: Int64
  }

  /// Those that are open, the oldest first.
  package static func open(_ session: PGSession) throws -> [Open] {
    try session.query(Queries.openBreakers).rows.map { row in
      Open(
        tenant: try row.string("tenant"), openings: try row.integer("openings"), since: try row.string("since"),
        until: try row.string("until"), code: try row.text("error_code") ?? "",
        message: try row.text("error_message") ?? "", rests: try row.bool("rests") ?? false)
    }
  }

  /// Nil: nobody has asked it yet.
  package static func read(_ session: PGSession, tenant: String) throws -> Reading? {
    guard let row = try session.query(Queries.readBreaker, [.text(tenant)]).first else { return nil }
    let openings = Int(try row.integer("openings"))
    let state: CircuitBreaker.State =
      if openings == 0 {
        .closed(failures: Int(try row.integer("failures")))
      } else if let probe = try row.double("probe_until") {
        .halfOpen(until: probe, openings: openings)
      } else {
        .open(until: try row.double("open_until") ?? 0, openings: openings)
      }
    return Reading(
      breaker: CircuitBreaker(state), now: try row.double("now") ?? 0, since: try row.text("since"),
      code: try row.text("error_code"), message: try row.text("error_message"), revision: try row.integer("revision"))
  }

  /// Reads, lets `change` decide and keeps what it made of it, again until nobody was faster: of many that want to
  /// probe, one may. Returns what was decided and the reading with it; nil: nobody has asked the tenant yet.
  package static func change<Decision>(
    _ session: PGSession, tenant: String, code: String? = nil, message: String? = nil,
    _ change: (inout CircuitBreaker, Double) -> Decision
  ) throws -> (decision: Decision, reading: Reading)? {
    while var reading = try read(session, tenant: tenant) {
      let before = reading.breaker
      let decision = change(&reading.breaker, reading.now)
      if reading.breaker == before { return (decision, reading) }
      if try write(session, tenant, reading, code, message) { return (decision, reading) }
    }
    return nil
  }

  /// False: somebody was faster.
  private static func write(
    _ session: PGSession, _ tenant: String, _ reading: Reading, _ code: String?, _ message: String?
  ) throws -> Bool {
    let (failures, openings, until, probe): (Int, Int, Double?, Double?) =
      switch reading.breaker.state {
      case .closed(let failures): (failures, 0, nil, nil)
      case .open(let until, let openings): (0, openings, until, nil)
      // It was open until now at the latest.
      case .halfOpen(let until, let openings): (0, openings, reading.now, until)
      }
    func moment(_ seconds: Double?) -> PGValue { seconds.map { .double($0) } ?? .null }
    let values: [PGValue] = [
      .text(tenant), .int(reading.revision), .int4(Int32(clamping: failures)), .int4(Int32(clamping: openings)),
      moment(until), moment(probe), PGValue(code), PGValue(message),
    ]
    return try session.query(Queries.writeBreaker, values).first != nil
  }
}
