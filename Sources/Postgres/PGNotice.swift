import CLibPQ

/// A message that the server sends beside a statement's result (`RAISE NOTICE`, warnings).
package struct PGNotice: Sendable, Equatable {
  /// `WARNING`, `NOTICE`, `INFO`, `LOG` or `DEBUG`.
  package let severity: String
  package let sqlstate: String
  package let message: String
  package let detail: String?
  package let hint: String?
}

/// A message of LISTEN / NOTIFY.
package struct PGNotification: Sendable, Equatable {
  package let channel: String
  /// Empty when NOTIFY gave none.
  package let payload: String
  /// The server process of the session that sent it.
  package let backendPID: Int32
}

/// What libpq calls with notices; without a handler they are dropped instead of printed.
final class NoticeSink {
  var handler: ((PGNotice) -> Void)?

  /// The sink must outlive the connection's use.
  func attach(to connection: OpaquePointer) {
    PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context, let result else { return }
        let sink = Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue()
        guard let handler = sink.handler else { return }
        func field(_ code: Int) -> String? { PQresultErrorField(result, Int32(code)).map { String(cString: $0) } }
        handler(
          PGNotice(
            severity: field(PQ_FIELD_SEVERITY) ?? "", sqlstate: field(PQ_FIELD_SQLSTATE) ?? "",
            message: field(PQ_FIELD_MESSAGE) ?? "", detail: field(PQ_FIELD_DETAIL), hint: field(PQ_FIELD_HINT)))
      }, Unmanaged.passUnretained(self).toOpaque())
  }
}
