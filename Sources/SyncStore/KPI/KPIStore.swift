import Postgres
import SQLCatalog

/// Checks and repairs kept totals against the records.
package enum KPIStore {
  /// Rows of `pfa_kpi_difference`: groups whose totals are not what the records say; nil organization: all. One
  /// snapshot, no lock. In a transaction, or the session's time limit of statements holds.
  package static func differences(_ session: PGSession, organization: String?) throws -> PGResult {
    try session.liftTimeout()
    return try session.query(Queries.verifyKPIs, [PGValue(organization)])
  }

  /// Corrects an organization's totals by their differences while writers go on; returns how many groups were wrong.
  /// Bound to the organization.
  package static func rebuild(_ session: PGSession, organization: String, slot: Int, cause: String) throws -> Int {
    try session.liftTimeout()
    try session.query(Queries.lockRebuild, [.text(organization)])
    let values: [PGValue] = [.text(organization), .int4(Int32(slot)), .text(cause)]
    return Int(try session.query(Queries.rebuildKPIs, values).one().integer("corrected"))
  }

  /// The same as a job of its own that is asked for by an event: the event again finds the job and changes nothing,
  /// and returns false. Bound to the organization.
  package static func rebuildOnce(
    _ session: PGSession, organization: String, slot: Int, jobId: String, key: String
  ) throws -> Bool {
    let values: [PGValue] = [.uuid(jobId), .text(organization), .text(key)]
    guard try session.query(Queries.recordRebuild, values).rowCount == 1 else { return false }
    // A batch before it in the same transaction may have bound its plans to index probes.
    try session.query(Queries.preferHashing)
    _ = try rebuild(session, organization: organization, slot: slot, cause: jobId)
    return true
  }
}
