/// The messages of the topic `pems.read-sync.v1` (contract section 3).
package enum ReadSyncMessage: Sendable {
  case requested(ReadSyncRequest)
  case page(ReadSyncPage)
  case changed(organization: String, record: ArraySlice<UInt8>)

  package static let requestedType = "pems.read-sync.requested"
  package static let pageType = "pems.read-sync.page"
  package static let changedType = "pems.record.changed"

  /// Reads an event's payload. Unknown fields are ignored; records are only delimited, not looked into, so that a bad
  /// one spoils nothing else.
  ///
  /// Throws ``MessageFault`` with INVALID_JSON, INVALID_MESSAGE (naming the field), ORGANIZATION_MISMATCH or
  /// UNKNOWN_TYPE.
  package static func decode(_ event: CloudEvent) throws(MessageFault) -> ReadSyncMessage {
    switch event.type {
    case requestedType: return .requested(try ReadSyncRequest(event))
    case pageType: return .page(try ReadSyncPage(event))
    case changedType: return try changed(event)
    default: throw .unknownType(event.type)
    }
  }

  private static func changed(_ event: CloudEvent) throws(MessageFault) -> ReadSyncMessage {
    let payload = try Payload(event.data, lists: [])
    let organization = try payload.organization(header: event.organization)
    guard let record = payload.ranges["record"] else { throw .message("record is missing") }
    return .changed(organization: organization, record: event.data[record])
  }
}

/// What a read sync may do about records that are gone upstream and where it starts.
package enum ReadSyncMode: String, CaseIterable, Sendable {
  case full, incremental, manual
}

/// `pems.read-sync.requested`: somebody wants an organization read from a source.
package struct ReadSyncRequest: Hashable, Sendable {
  package var organization: String
  package var mode: ReadSyncMode
  /// A source of `Jobs/`.
  package var source: String
  /// Records a page upstream; nil takes the source's own.
  package var pageSize: Int?
  package var dryRun: Bool
  /// Who asked, for the log; nil when nobody in particular did.
  package var requestedBy: String?
  /// Why, for the job's history; nil when nobody said. Ours only: what is no text is not looked at.
  package var reason: String?
  /// The trace it belongs to, kept with the job; nil: none.
  package var traceparent: String?
  /// Jobs of a higher one go first, -100 to 100; nil: 0. Ours only: what is no such number is not looked at.
  package var priority: Int?
  /// The schema version that the organization must have before the read begins; nil: any.
  package var schemaVersion: Int?
  /// The project whose version is meant; nil: the one that is furthest.
  package var schemaProject: String?

  package init(
    organization: String, mode: ReadSyncMode, source: String, pageSize: Int? = nil, dryRun: Bool = false,
    requestedBy: String? = nil, reason: String? = nil, priority: Int? = nil
  ) {
    self.organization = organization
    self.mode = mode
    self.source = source
    self.pageSize = pageSize
    self.dryRun = dryRun
    self.requestedBy = requestedBy
    self.reason = reason
    self.priority = priority
  }

  init(_ event: CloudEvent) throws(MessageFault) {
    let payload = try Payload(event.data, lists: [])
    organization = try payload.organization(header: event.organization)
    let mode = try payload.requiredText("mode")
    guard let known = ReadSyncMode(rawValue: mode) else {
      throw .message("mode is not full, incremental or manual")
    }
    self.mode = known
    // What becomes part of the job travels with each of its events, which Kafka limits.
    guard let source = try payload.text("source", atMost: 255), !source.isEmpty else {
      throw .message("source is missing")
    }
    self.source = source
    pageSize = try payload.positiveInteger("pageSize")
    dryRun = try payload.boolean("dryRun") ?? false
    requestedBy = try payload.text("requestedBy", atMost: 255)
    reason = try payload.text("reason", atMost: 4_000)
    traceparent = event.traceparent
    priority = (try? payload.integer("priority")).flatMap { -100...100 ~= $0 ? $0 : nil }
    schemaVersion = try payload.integer("schemaVersion")
    schemaProject = try payload.text("schemaProject", atMost: 255)
  }

  /// Reads what ``encoded()`` wrote; nil when it is something else. Of other members nothing is made.
  package init?(parameters: JSONValue, organization: String) {
    guard let mode = parameters["mode"]?.string.flatMap(ReadSyncMode.init(rawValue:)),
      let source = parameters["source"]?.string
    else { return nil }
    var dryRun = false
    if case .bool(true)? = parameters["dryRun"] { dryRun = true }
    self.init(
      organization: organization, mode: mode, source: source, pageSize: parameters["pageSize"]?.integer.map { Int($0) },
      dryRun: dryRun, requestedBy: parameters["requestedBy"]?.string,
      reason: parameters["reason"]?.string,
      priority: parameters["priority"]?.integer.map { Int($0) })
    traceparent = parameters["traceparent"]?.string
  }

  /// The payload, canonical.
  package func encoded() -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("organization", .string(organization)), .init("mode", .string(mode.rawValue)),
      .init("source", .string(source)), .init("dryRun", .bool(dryRun)),
    ]
    if let pageSize { members.append(.init("pageSize", .number(String(pageSize)))) }
    if let priority { members.append(.init("priority", .number(String(priority)))) }
    if let requestedBy { members.append(.init("requestedBy", .string(requestedBy))) }
    if let reason { members.append(.init("reason", .string(reason))) }
    if let traceparent { members.append(.init("traceparent", .string(traceparent))) }
    if let schemaVersion { members.append(.init("schemaVersion", .number(String(schemaVersion)))) }
    if let schemaProject { members.append(.init("schemaProject", .string(schemaProject))) }
    return JSONValue.object(members).canonical()
  }
}

/// `pems.read-sync.page`: a part of what a job read upstream.
package struct ReadSyncPage: Sendable {
  package var organization: String
  package var jobId: String
  /// From 0, without holes inside a job.
  package var page: Int
  /// The records as they stand in the message, each a slice of its bytes.
  package var records: [ArraySlice<UInt8>]
  /// What our own reader found while it mapped fields; the records are in ``records``.
  package var issues: [FieldIssue]
  /// Records that our own reader could not map at all; they are not in ``records``.
  package var rejected: [FieldIssue]
  /// Ids of records that the mirror had already, with the order and content that was read: they count as unchanged, and
  /// are not in ``records``.
  package var known: [String]

  /// By which a reader vouches for ``known``: he writes it down before he publishes the page.
  package static func hash(known: [String]) -> Int64 {
    var bytes: [UInt8] = []
    for id in known { JSONText.append(id, to: &bytes) }
    return Int64(bitPattern: XXH64.hash(bytes))
  }

  init(_ event: CloudEvent) throws(MessageFault) {
    let payload = try Payload(event.data, lists: ["records", "issues", "rejected", "known"])
    organization = try payload.organization(header: event.organization)
    jobId = try payload.requiredText("jobId")
    guard let page = try payload.integer("page") else { throw .message("page is missing") }
    guard page >= 0 else { throw .message("page is negative") }
    self.page = page
    guard let ranges = payload.elements["records"] else { throw .message("records is missing") }
    records = ranges.map { event.data[$0] }
    issues = try payload.issues("issues")
    rejected = try payload.issues("rejected")
    known = try payload.texts("known")
  }
}
