import PEMS
import SyncDomain
import SyncStore

/// A model of the rows of a read sync: the job with its token, the checkpoint, the messages that were written down, the
/// log row and the records.
///
/// It stands for claim_job, hold_job, retry_job, allocate_pages, store_checkpoint, abandon_pages, read_position,
/// apply_records for pages, count_orphans, sweep_orphans and finish_read. Which states follow each other, what becomes
/// of a page that is read again and what may be swept is the product's own code.
struct ReadDatabase {
  struct Page {
    var eventId: String
    var cursor: String?
    var state = "allocated"
    var records: [String]
  }

  struct Job {
    let id: String
    var state = JobState.queued {
      didSet { if state != oldValue, !oldValue.canBecome(state) { broken = "\(oldValue) → \(state)" } }
    }
    var broken: String?
    var token = 0
    var leaseUntil = 0
    var runAt = 0
    var attempt = 0
    var cursor: String?
    var nextPage = 0
    var read: Int64 = 0
    var isComplete = false
    var isApproved = false
    var pages: [Int: Page] = [:]
    var received = 0
    var counted = 0
    var swept: [String] = []
    /// What was there when the read began.
    var present: Set<String> = []
    var ends = 0
  }

  static let lease = 12

  var job: Job
  /// Active records.
  var active: Set<String>

  mutating func claim(now: Int) -> Int? {
    let isDue = (job.state == .queued || job.state == .retrying) && job.runAt <= now
    guard isDue || (job.state == .running && job.leaseUntil < now) else { return nil }
    if job.state != .running { job.attempt += 1 }
    job.state = .running
    job.token += 1
    job.leaseUntil = now + ReadDatabase.lease
    return job.token
  }

  /// Extends the lease; false: fenced.
  mutating func hold(_ token: Int, now: Int) -> Bool {
    guard job.state == .running, job.token == token else { return false }
    job.leaseUntil = now + ReadDatabase.lease
    return true
  }

  /// Where the read goes on, as ``ReadRunStore/start`` and `ReadRun.read` find it, and what was written down from
  /// there.
  func position() -> (cursor: String?, nextPage: Int, isComplete: Bool, replay: [PageEntry]) {
    var (cursor, page, isComplete) = (job.cursor, job.nextPage, job.isComplete)
    if let waiting = job.pages.filter({ $0.value.state == "allocated" }).min(by: { $0.key < $1.key }) {
      cursor = waiting.value.cursor
      page = job.pages.filter { $0.value.cursor == cursor }.keys.min() ?? waiting.key
      isComplete = false
    }
    let replay = job.pages.filter { $0.key >= page }.map { number, entry in
      PageEntry(
        page: number, eventId: entry.eventId, bytes: 0, isApplied: entry.state == "applied",
        isAbandoned: entry.state == "abandoned")
    }
    return (cursor, page, isComplete, replay.sorted { $0.page < $1.page })
  }

  mutating func advance(
    _ entries: [(entry: PageEntry, records: [String])], from cursor: String?, to next: String?, nextPage: Int,
    records: Int, abandonFrom: Int?
  ) {
    if let abandonFrom {
      for page in job.pages.keys where page >= abandonFrom && job.pages[page]?.state == "allocated" {
        job.pages[page]?.state = "abandoned"
      }
    }
    for (entry, ids) in entries {
      job.pages[entry.page] = Page(eventId: entry.eventId, cursor: cursor, records: ids)
    }
    job.cursor = next
    job.nextPage = nextPage
    job.read += Int64(records)
    job.isComplete = next == nil
  }

  /// A message of the job arrives, once more or for the first time.
  mutating func apply(_ page: Int, _ eventId: String, _ records: [String], countsAgain: Bool = false) {
    active.formUnion(records)
    guard let known = job.pages[page], known.eventId == eventId, known.state == "allocated" || countsAgain else {
      return
    }
    job.pages[page]?.state = "applied"
    job.received += records.count
  }

  var waiting: Int { job.pages.values.count { $0.state == "allocated" } }

  var seen: Set<String> { Set(job.pages.values.filter { $0.state == "applied" }.flatMap(\.records)) }

  mutating func finish(sweeps: Bool) {
    job.ends += 1
    if sweeps {
      job.swept = active.subtracting(seen).sorted()
      active.formIntersection(seen)
    }
    job.state = .succeeded
  }
}
