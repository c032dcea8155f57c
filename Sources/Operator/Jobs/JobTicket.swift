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
