/// `pfa.schema.change`: somebody wants a project's schema changed.
package struct SchemaChangeRequest: Hashable, Sendable {
  package static let type = "pfa.schema.change"

  package var organization: String
  package var project: String
  /// A change or a list of them as canonical JSON; looked into by the job, so that a refusal has its audit row.
  package var change: String
  /// The project's version that the change was made for; 0 to create one.
  package var currentVersion: Int32
  package var user: String
  /// What is dropped must be empty, unless `confirm` names it.
  package var requiresConfirmation = false
  /// The name of what may be dropped with its rows.
  package var confirm: String?
  /// A large table may be kept from everybody where there are no safe steps.
  package var allowsBlocking = false
  /// Why, for the job's history; nil when nobody said. Ours only: what is no text is not looked at.
  package var reason: String?
  /// The trace it belongs to, kept with the job; nil: none. No payload names it.
  package var traceparent: String?

  package init(organization: String, project: String, change: String, currentVersion: Int32, user: String) {
    self.organization = organization
    self.project = project
    self.change = change
    self.currentVersion = currentVersion
    self.user = user
  }

  /// `new_schema_data` is not looked at: the new schema is derived from the current one.
  ///
  /// Throws ``MessageFault`` with INVALID_JSON, INVALID_MESSAGE (naming the field), ORGANIZATION_MISMATCH or
  /// UNKNOWN_TYPE.
  package init(_ event: CloudEvent) throws(MessageFault) {
    guard event.type == SchemaChangeRequest.type else { throw .unknownType(event.type) }
    let payload = try Payload(event.data, lists: [])
    organization = try payload.organization(header: event.organization, member: "organization_id")
    project = try payload.requiredText("project_id")
    guard project.count <= 100 else { throw .message("project_id has more than 100 characters") }
    guard let range = payload.ranges["change"] else { throw .message("change is missing") }
    guard let value = try? JSONValue(parsing: Array(event.data[range])) else {
      throw .message("change holds what can not be stored")
    }
    guard !value.isNull else { throw .message("change is missing") }
    change = String(decoding: value.canonical(), as: UTF8.self)
    guard let version = try payload.integer("current_version") else { throw .message("current_version is missing") }
    guard let version = Int32(exactly: version), version >= 0 else { throw .message("current_version is out of range") }
    currentVersion = version
    user = try payload.requiredText("user_id")
    requiresConfirmation = try payload.boolean("require_confirmation") ?? false
    confirm = try payload.text("confirm")
    allowsBlocking = try payload.boolean("allow_blocking") ?? false
    reason = try? payload.text("reason")
  }

  /// Reads what ``encoded()`` wrote; nil when it is something else.
  package init?(parameters: JSONValue, organization: String) {
    guard let project = parameters["project_id"]?.string, let change = parameters["change"],
      let version = parameters["current_version"]?.integer.flatMap({ Int32(exactly: $0) }),
      let user = parameters["user_id"]?.string
    else { return nil }
    self.init(
      organization: organization, project: project, change: String(decoding: change.canonical(), as: UTF8.self),
      currentVersion: version, user: user)
    if case .bool(true)? = parameters["require_confirmation"] { requiresConfirmation = true }
    if case .bool(true)? = parameters["allow_blocking"] { allowsBlocking = true }
    confirm = parameters["confirm"]?.string
    reason = parameters["reason"]?.string
    traceparent = parameters["traceparent"]?.string
  }

  /// `change_type` of the audit row as long as nobody has looked into the change.
  package var typeName: String {
    guard let value = try? JSONValue(parsing: Array(change.utf8)) else { return "unknown" }
    if case .array = value { return "list" }
    return value["type"]?.string.map { String($0.prefix(40)) } ?? "unknown"
  }

  /// The payload, canonical.
  package func encoded() -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("organization_id", .string(organization)), .init("project_id", .string(project)),
      .init("change", (try? JSONValue(parsing: Array(change.utf8))) ?? .null),
      .init("current_version", .number(String(currentVersion))), .init("user_id", .string(user)),
    ]
    if requiresConfirmation { members.append(.init("require_confirmation", .bool(true))) }
    if allowsBlocking { members.append(.init("allow_blocking", .bool(true))) }
    if let confirm { members.append(.init("confirm", .string(confirm))) }
    if let reason { members.append(.init("reason", .string(reason))) }
    if let traceparent { members.append(.init("traceparent", .string(traceparent))) }
    return JSONValue.object(members).canonical()
  }
}
