import Postgres
import SyncStore

/// A job that was asked for by an event; no worker may have seen it yet.
struct JobTicket: Sendable {
  let id: String
  let organization: String
  let kind: String
  /// The job whose work it does again; nil for the first time.
  var retryOf: String?

  /// For who does not wait. Its state is none of the table's: nobody has queued it yet.
  func show(_ output: Output) throws {
    try output.show(
      ["id", "organization_id", "kind", "state", "retry_of"].map { Column($0) },
      [.text(id), .text(organization), .text(kind), .text("requested"), .text(retryOf)])
  }
}

extension JobTicket {
  /// Says when nobody lives who would do what was asked for, and what to do about it.
  static func warn(_ connection: PGConnection, _ invocation: Invocation, kind: String) async throws {
    let group = try invocation.settings().group
    // What was asked for is asked for, whether this can be told or not.
    let crew = try? await connection.run { session in try session.reading { try CrewStore.crew(session) } }
    guard let idle = crew?.standstill(kind, group: group) else { return }
    invocation.output.message("nothing is done yet: \(idle.remedy)\(idle.fact.map { " (\($0))" } ?? "")")
  }
}
