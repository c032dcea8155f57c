/// `pfa.draft.commit`: a user wants the drafts of a session in effect.
package struct DraftCommitRequest: Hashable, Sendable {
  package static let type = "pfa.draft.commit"
  /// Bytes; of commits, users and sessions.
  package static let longestName = 255
  /// Bytes.
  package static let longestReason = 4_000

  package var organization: String
  /// As the sender wrote it; ``jobId`` follows from it.
  package var commitId: String
  package var userId: String
  package var sessionId: String
  /// Nil when the user gave none.
  package var changeReason: String?
  /// Apply what can be applied, leave the rest as conflicts; else all or nothing.
  package var partial: Bool
  /// The trace it belongs to, kept with the job; nil: none. No payload names it.
  package var traceparent: String?

  package init(
    organization: String, commitId: String, userId: String, sessionId: String, changeReason: String? = nil,
    partial: Bool = false
  ) {
    self.organization = organization
    self.commitId = commitId
    self.userId = userId
    self.sessionId = sessionId
    self.changeReason = changeReason
    self.partial = partial
  }

  /// Throws ``MessageFault`` with INVALID_JSON, INVALID_MESSAGE (naming the field) or ORGANIZATION_MISMATCH.
  package init(_ event: CloudEvent) throws(MessageFault) {
    let payload = try Payload(event.data, lists: [])
    organization = try payload.organization(header: event.organization)
    commitId = try payload.requiredText("commitId")
    userId = try payload.requiredText("userId")
    sessionId = try payload.requiredText("sessionId")
    changeReason = try payload.text("changeReason")
    partial = try payload.boolean("partial") ?? false
    // No text column holds them, so no draft can be meant.
    for (name, text) in [("commitId", commitId), ("userId", userId), ("sessionId", sessionId)] {
      if text.utf8.contains(0) { throw .message("\(name) holds a NUL character") }
      if text.utf8.count > Self.longestName { throw .message("\(name) has more than \(Self.longestName) bytes") }
    }
    if changeReason?.utf8.contains(0) == true { throw .message("changeReason holds a NUL character") }
    if changeReason.map({ $0.utf8.count > Self.longestReason }) == true {
      throw .message("changeReason has more than \(Self.longestReason) bytes")
    }
  }

  /// The payload, canonical.
  package func encoded() -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("organization", .string(organization)), .init("commitId", .string(commitId)),
      .init("userId", .string(userId)), .init("sessionId", .string(sessionId)),
    ]
    if let changeReason { members.append(.init("changeReason", .string(changeReason))) }
    if let traceparent { members.append(.init("traceparent", .string(traceparent))) }
    if partial { members.append(.init("partial", .bool(true))) }
    return JSONValue.object(members).canonical()
  }
}
