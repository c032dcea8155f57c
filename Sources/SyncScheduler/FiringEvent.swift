import FoundationEssentials
import Runtime
import SyncDomain
import SyncStore

/// The event by which a firing asks a worker for its job, the same whoever makes it and however often.
package struct FiringEvent: Sendable {
  /// Without a deployment's prefix: the relay adds it.
  package let topic: String
  package let event: CloudEvent
  /// The id that the job will have.
  package let jobId: String

  /// `ce_source` of all firings.
  package static let source = "syncline-scheduler"

  /// Nil: the scheduler does this kind of work itself. Attempts count from 1; each is an event of its own.
  package init?(_ job: ScheduledJob, organization: String, due: Int64, attempt: Int) {
    let firing = FiringEvent.id(job: job.name, organization: organization, due: due)
    let id = attempt == 1 ? firing : "\(firing)/\(attempt)"
    func event(_ type: String, _ data: [UInt8]) -> CloudEvent {
      CloudEvent(
        id: id, source: FiringEvent.source, type: type, time: FiringEvent.text(due), organization: organization,
        data: data)
    }
    let asker = "scheduler: \(job.name)"
    switch job.kind {
    case .readSync:
      topic = "pems.read-sync.v1"
      let request = ReadSyncRequest(
        organization: organization, mode: job.mode, source: job.source, requestedBy: asker,
        priority: job.priority == 0 ? nil : job.priority)
      self.event = event(ReadSyncMessage.requestedType, request.encoded())
      jobId = UUIDText.event(source: FiringEvent.source, id: id)
    case .kpiRebuild:
      topic = "pfa.kpi-refresh.v1"
      self.event = event(KPIRebuildMessage.type, KPIRebuildMessage(organization: organization).encoded())
      jobId = UUIDText.event(source: "syncline:kpi_rebuild", id: self.event.requestKey(organization))
    case .kpiVerify, .writeBack, .cleanup: return nil
    }
  }

  /// The identity of a firing: a hash of job, organization and due instant.
  package static func id(job: String, organization: String, due: Int64) -> String {
    // A job's name has no slash.
    UUIDText.event(source: "syncline:firing", id: "\(job)/\(organization)@\(text(due))")
  }

  /// How much later than due a firing of a job with jitter is made, in seconds: by chance, but always the same.
  package static func delay(of job: ScheduledJob, organization: String, due: Int64) -> Int64 {
    guard job.jitter > 0 else { return 0 }
    let seed = XXH64.hash(Array(id(job: job.name, organization: organization, due: due).utf8))
    return Int64(seed % UInt64(job.jitter + 1))
  }

  static func text(_ instant: Int64) -> String { timestamp(Date(timeIntervalSince1970: Double(instant))) }
}
