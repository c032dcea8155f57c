import Kafka
import Runtime
import SyncDomain
import SyncStore

/// A Kafka message and what it asks for, decided without any I/O.
package struct DecodedMessage: Sendable {
  package enum Content: Sendable {
    /// `event`: its identity, for whatever is to be known again.
    case page(ReadSyncPage, outcomes: [RecordOutcome], eventId: String, event: String)
    case changed(organization: String, RecordOutcome, event: String)
    case readRequest(ReadSyncRequest, key: String, jobId: String)
    case kpiRebuild(organization: String, key: String, jobId: String)
    case pushRequest(WriteBackMessage, key: String)
    case draftCommit(QueuedCommit)
    case schemaChange(SchemaChangeRequest, key: String, jobId: String)
    /// Can not be applied: a dead letter.
    case fault(MessageFault)
    /// A null value: counted and skipped.
    case tombstone
  }

  package let message: KafkaMessage
  package let content: Content
  /// The organization that a message names which can not be applied; nil when it does not say, or says two.
  package let blamed: String?
  package let trace: String?
  /// It was published again for a dead letter.
  package let replay: DeadLetterReplay?

  /// - Parameter kind: the kind whose topic it came on; nil takes an event of any type.
  package init(_ message: KafkaMessage, kind: WorkKind? = nil) {
    self.message = message
    // The last one: ours stands behind what came with the message.
    replay = message.headers.last { $0.name == DeadLetterReplay.header }?.value.flatMap {
      DeadLetterReplay(String(decoding: $0, as: UTF8.self))
    }
    let headers = message.headers.map { ($0.name, $0.value) }
    switch CloudEvent.decode(headers: headers, key: message.key, value: message.value) {
    case .tombstone:
      content = .tombstone
      (trace, blamed) = (nil, nil)
    case .undecodable(let fault):
      content = .fault(fault)
      blamed = nil
      // A foreign header as it came: what no text column takes is left out.
      trace = message.header("traceparent").flatMap { $0.utf8.contains(0) ? nil : String($0.prefix(200)) }
    case .event(let event):
      trace = event.traceparent
      do throws(MessageFault) {
        if let kind, let home = WorkKind.home(of: event.type), home != kind {
          throw MessageFault(
            code: IssueCode.unknownType, reason: "\(event.type) belongs on the topic of \(home.rawValue)")
        }
        content = try DecodedMessage.read(event, message)
        blamed = nil
      } catch {
        content = .fault(error)
        blamed = event.namedOrganization
      }
    }
  }

  /// The organization the message is about; nil when it does not say.
  package var organization: String? {
    switch content {
    case .page(let page, _, _, _): page.organization
    case .changed(let organization, _, _): organization
    case .readRequest(let request, _, _): request.organization
    case .kpiRebuild(let organization, _, _): organization
    case .pushRequest(let request, _): request.organization
    case .draftCommit(let commit): commit.request.organization
    case .schemaChange(let request, _, _): request.organization
    case .fault, .tombstone: nil
    }
  }

  /// When Kafka took it, ms since 1970; nil when it does not say.
  package var askedAt: Int64? { message.askedAt }

  /// Records it carries, bad ones too.
  package var recordCount: Int {
    switch content {
    case .page(let page, let outcomes, _, _): outcomes.count + page.rejected.count + page.known.count
    case .changed: 1
    case .readRequest, .kpiRebuild, .pushRequest, .draftCommit, .schemaChange, .fault, .tombstone: 0
    }
  }

  /// What records that it brought came with.
  package func origin(_ event: String) -> MessageOrigin {
    MessageOrigin(
      offset: message.offset, producedAt: message.timestamp < 0 ? nil : message.timestamp, event: event)
  }

  /// The message as a dead letter.
  package func deadLetter(_ fault: MessageFault) -> DeadLetter {
    DeadLetter(
      organization: organization, topic: message.topic, partition: message.partition, offset: message.offset,
      key: message.key, value: message.value, headers: message.headers.map { (name: $0.name, value: $0.value) },
      code: fault.code, cause: fault.reason, trace: trace, producedAt: message.askedAt,
      replay: replay)
  }

  /// The message as it waits for its work to be resumed.
  package func held(_ organization: String) -> HeldMessage {
    HeldMessage(
      organization: organization, topic: message.topic, partition: message.partition, offset: message.offset,
      key: message.key, value: message.value, headers: message.headers.map { (name: $0.name, value: $0.value) })
  }

  /// It has its effect at once, so that it has to be held when its work is paused. What only queues a job waits as that
  /// job, and a page belongs to a run that goes on.
  package var isHeldByPause: Bool {
    switch content {
    case .changed, .kpiRebuild, .draftCommit: true
    case .page, .readRequest, .pushRequest, .schemaChange, .fault, .tombstone: false
    }
  }

  /// The type of a message of `pfa.kpi-refresh.v1`.
  package static let rebuildType = KPIRebuildMessage.type

  private static func read(_ event: CloudEvent, _ message: KafkaMessage) throws(MessageFault) -> Content {
    // A job's id follows from the event, so that who asks knows it beforehand.
    let jobId = UUIDText.event(source: event.source, id: event.id)
    if event.type == rebuildType {
      // Not the id that a read sync of the same event would have: an event's id is unique within its kind only.
      let organization = try KPIRebuildMessage(event).organization
      let key = event.requestKey(organization)
      return .kpiRebuild(
        organization: organization, key: key, jobId: UUIDText.event(source: "syncline:kpi_rebuild", id: key))
    }
    if event.type == WriteBackMessage.requestedType {
      let request = try WriteBackMessage(event)
      guard UUIDShape.isUUID(request.modificationId) else {
        throw MessageFault(code: IssueCode.invalidMessage, reason: "modificationId is not a UUID")
      }
      return .pushRequest(request, key: event.requestKey(request.organization))
    }
    if event.type == SchemaChangeRequest.type {
      var request = try SchemaChangeRequest(event)
      request.traceparent = Trace.valid(event.traceparent)
      return .schemaChange(request, key: event.requestKey(request.organization), jobId: jobId)
    }
    if event.type == DraftCommitRequest.type {
      var request = try DraftCommitRequest(event)
      request.traceparent = Trace.valid(event.traceparent)
      // Another tenant's commit of the same name is another commit.
      let id =
        UUIDText.canonical(request.commitId) ?? UUIDText.event(source: request.organization, id: request.commitId)
      return .draftCommit(
        QueuedCommit(
          request: request, jobId: id, key: event.requestKey(request.organization),
          askedAt: message.askedAt))
    }
    switch try ReadSyncMessage.decode(event) {
    case .requested(let request):
      return .readRequest(request, key: event.requestKey(request.organization), jobId: jobId)
    case .changed(let organization, let record):
      let outcome = RecordCanonicalizer(organization: organization).canonicalize(record)
      // No record at all: the message lacks what it must have, and is kept whole. A page goes on with its others.
      if case .rejected(let issue) = outcome, [IssueCode.missingPfaId, IssueCode.invalidRecord].contains(issue.code) {
        throw MessageFault(
          code: issue.code, reason: issue.field.map { "record.\($0) is missing" } ?? "record is no object")
      }
      return .changed(organization: organization, outcome, event: identity(event))
    case .page(let page):
      let canonicalizer = RecordCanonicalizer(organization: page.organization)
      return .page(
        page, outcomes: page.records.map { canonicalizer.canonicalize($0) }, eventId: event.id, event: identity(event))
    }
  }

  /// Source, id and content: who gives one id to two events has sent two.
  private static func identity(_ event: CloudEvent) -> String {
    UUIDText.event(source: event.source, id: "\(event.id) \(XXH64.hash(event.data))")
  }
}

extension KafkaMessage {
  /// When it was taken, ms since 1970; nil when that is not known.
  fileprivate var askedAt: Int64? { timestamp < 0 ? nil : timestamp }
}
