import Runtime
import SyncDomain
import SyncStore

/// What a run of consecutive messages of one partition comes to: pure, made once the database has said which
/// organizations exist.
package struct BatchPlan: Sendable {
  package enum Step: Sendable {
    case apply(RecordBatch)
    /// `askedAt`: when Kafka took the message, ms since 1970; nil when it does not say.
    case requestRead(ReadSyncRequest, key: String, jobId: String, askedAt: Int64?)
    case rebuildKPIs(organization: String, key: String, jobId: String)
    /// `unknown`: what to keep when there is no such edit.
    case requestPush(WriteBackMessage, key: String, unknown: DeadLetter)
    case commit(organization: String, [QueuedCommit])
    case requestSchemaChange(SchemaChangeRequest, key: String, jobId: String, askedAt: Int64?)
    case keep(DeadLetter)
    case hold(HeldMessage)
  }

  package private(set) var steps: [Step] = []
  /// Messages that were published again for dead letters and are neither kept nor held.
  package private(set) var replayed: [DecodedMessage] = []
  /// Messages with a null value.
  package private(set) var skipped = 0

  /// Single changes of one organization that follow each other become one batch; a page stays a batch of its own,
  /// because it is counted by itself. Both stay in the order they came: records without an order know no other. Commits
  /// of one organization are decided together, in the order they arrived. Organizations come in order of name, so that
  /// two workers lock them in the same order.
  ///
  /// `paused`: organizations whose work of this kind may not begin.
  package init(_ messages: [DecodedMessage], known: Set<String>, paused: Set<String> = []) {
    var changes: [String: [Change]] = [:]
    var batches: [String: [RecordBatch]] = [:]
    func close(_ organization: String) {
      for part in BatchPlan.alike(changes.removeValue(forKey: organization) ?? []) {
        batches[organization, default: []].append(
          RecordBatch(
            organization: organization, page: nil, outcomes: part.map(\.outcome), origins: part.map(\.origin)))
      }
    }
    var commits: [String: [QueuedCommit]] = [:]
    var others: [Step] = []
    for message in messages {
      if let organization = message.organization, !known.contains(organization) {
        others.append(.keep(message.deadLetter(.unknownOrganization(organization))))
        continue
      }
      if let organization = message.organization, paused.contains(organization), message.isHeldByPause {
        others.append(.hold(message.held(organization)))
        continue
      }
      if message.replay != nil { replayed.append(message) }
      switch message.content {
      case .tombstone: skipped += 1
      case .fault(let fault):
        var letter = message.deadLetter(fault)
        letter.organization = message.blamed.flatMap { known.contains($0) ? $0 : nil }
        others.append(.keep(letter))
      case .changed(let organization, let outcome, let event):
        changes[organization, default: []].append((outcome, message.origin(event)))
      case .readRequest(let request, let key, let jobId):
        others.append(.requestRead(request, key: key, jobId: jobId, askedAt: message.askedAt))
      case .kpiRebuild(let organization, let key, let jobId):
        others.append(.rebuildKPIs(organization: organization, key: key, jobId: jobId))
      case .pushRequest(let request, let key):
        others.append(
          .requestPush(request, key: key, unknown: message.deadLetter(.unknownModification(request.modificationId))))
      case .draftCommit(let commit): commits[commit.request.organization, default: []].append(commit)
      case .schemaChange(let request, let key, let jobId):
        others.append(.requestSchemaChange(request, key: key, jobId: jobId, askedAt: message.askedAt))
      case .page(let page, let outcomes, let eventId, let event):
        // A job's id that is none of ours can not have counts; its records are applied like single changes.
        let identity =
          UUIDShape.isUUID(page.jobId)
          ? RecordBatch.Page(jobId: page.jobId, number: page.page, eventId: eventId) : nil
        close(page.organization)
        batches[page.organization, default: []].append(
          RecordBatch(
            organization: page.organization, page: identity, outcomes: outcomes, issues: page.issues,
            rejected: page.rejected, known: page.known, origins: [message.origin(event)]))
      }
    }
    for organization in changes.keys { close(organization) }
    steps = batches.sorted { $0.key < $1.key }.flatMap { $0.value.map { .apply($0) } }
    steps += commits.sorted { $0.key < $1.key }.map { .commit(organization: $0.key, $0.value) }
    steps += others
  }

  private typealias Change = (outcome: RecordOutcome, origin: MessageOrigin)

  /// Records in their order, cut where some with an order meet others without one: which of the two stays depends on
  /// the row, so they are not applied in one batch. Rejected ones go with what came before them.
  private static func alike(_ changes: [Change]) -> [[Change]] {
    var parts: [[Change]] = []
    var hasOrder: Bool?
    for change in changes {
      var differs = parts.isEmpty
      if case .accepted(let record) = change.outcome {
        differs = differs || (hasOrder.map { $0 != (record.order != nil) } ?? false)
        hasOrder = record.order != nil
      }
      if differs { parts.append([]) }
      parts[parts.count - 1].append(change)
    }
    return parts
  }

  /// Organizations the messages name, to be looked up.
  package static func organizations(_ messages: [DecodedMessage]) -> Set<String> {
    Set(messages.compactMap { $0.organization ?? $0.blamed })
  }
}

/// Whether a text can be a `uuid` in Postgres: 8-4-4-4-12 hexadecimal digits.
enum UUIDShape {
  static func isUUID(_ text: String) -> Bool {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12]
      && groups.allSatisfy { group in
        group.allSatisfy { (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0) }
      }
  }
}

extension MessageFault {
  package static func unknownOrganization(_ name: String) -> MessageFault {
    MessageFault(code: "UNKNOWN_ORGANIZATION", reason: "no organization is named \(name.prefix(100))")
  }

  package static func unknownModification(_ id: String) -> MessageFault {
    MessageFault(code: "UNKNOWN_MODIFICATION", reason: "the organization has no committed edit \(id)")
  }
}
