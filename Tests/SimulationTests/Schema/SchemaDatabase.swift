import SyncDomain

/// A model of the two databases of a schema change: the master with the project, its lease and the audit rows, and the
/// target with its ledger.
///
/// It stands for take_lease, take_over_lease, intend_schema_change, settle_project, fail_schema_attempt, target_record
/// and target_outcome, each of them one transaction. What a change does next, whether it may stand beside others and
/// what it makes of a schema is the product's own code.
struct SchemaDatabase {
  /// A row of `schema_changes` and its job.
  struct Request {
    enum Status { case pending, applying, applied, failed }

    let id: Int64
    let changes: [SchemaChange]
    let currentVersion: Int32
    var status = Status.pending
    /// A new one for each attempt.
    var changeId: String
    var intent: ProjectState.Intent?
    var toVersion: Int32?
    /// Of the job's present holder.
    var token = 0
    /// The job's lease, in simulated time.
    var heldUntil = Duration.zero

    var isOpen: Bool { status == .pending || status == .applying }
  }

  enum Mark { case applied, abandoned }

  // The master.
  var schema = ProjectSchema()
  var version: Int32 = 1
  var status = "ready"
  var lockToken: String?
  var lockExpires = Duration.zero
  var requests: [Request] = []
  // The target.
  var target = ProjectSchema()
  var ledger: [String: Mark] = [:]

  func state(now: Duration) -> ProjectState {
    ProjectState(
      name: "p", schema: schema, version: version, status: status, lockedBy: "somebody", token: lockToken,
      isHeld: lockExpires > now, intent: requests.first { $0.status == .applying }?.intent)
  }

  func applied(since old: Int32) -> [(version: Int32, changes: [SchemaChange])] {
    requests.compactMap { request in
      guard request.status == .applied, let to = request.toVersion, to > old else { return nil }
      return (to, request.changes)
    }.sorted { $0.version < $1.version }
  }

  mutating func take(_ index: Int, at old: Int32, token: String, until: Duration, now: Duration, after: ProjectSchema)
    -> Bool
  {
    guard version == old, status == "ready" || (status == "applying" && lockExpires < now),
      requests[index].status == .pending
    else { return false }
    status = "applying"
    lockToken = token
    lockExpires = until
    requests[index].status = .applying
    requests[index].toVersion = old + 1
    requests[index].intent = ProjectState.Intent(
      request: requests[index].id, changeId: requests[index].changeId, jobId: "job \(requests[index].id)",
      fromVersion: old, toVersion: old + 1, newValue: (try? after.encoded()) ?? [], dropsProject: false)
    return true
  }

  mutating func takeOver(from token: String?, to new: String, until: Duration) -> Bool {
    guard status == "applying", lockToken == token else { return false }
    lockToken = new
    lockExpires = until
    return true
  }

  /// False: the attempt was given up by another worker.
  mutating func execute(_ changes: [SchemaChange], _ changeId: String) -> Bool {
    guard ledger[changeId] == nil, let after = try? target.applying(changes) else { return false }
    ledger[changeId] = .applied
    target = after
    return true
  }

  /// Whether the target has the attempt; if not, it never will.
  mutating func settle(_ changeId: String) -> Bool {
    if ledger[changeId] == nil { ledger[changeId] = .abandoned }
    return ledger[changeId] == .applied
  }

  /// The master follows; false: the lease is not ours any more.
  mutating func finish(_ request: Int, token: String, after: ProjectSchema) -> Bool {
    guard lockToken == token, let to = requests[request].toVersion, version == to - 1 else { return false }
    schema = after
    version = to
    letGo(token)
    requests[request].status = .applied
    requests[request].intent = nil
    return true
  }

  /// The attempt came to nothing, and the request waits for another, or has failed.
  mutating func giveUp(_ request: Int, token: String?, ends: Bool, fresh: String) {
    if let token { letGo(token) }
    // Another worker may have brought it to its end.
    guard requests[request].isOpen else { return }
    requests[request].status = ends ? .failed : .pending
    requests[request].intent = nil
    requests[request].toVersion = nil
    requests[request].changeId = fresh
  }

  private mutating func letGo(_ token: String) {
    guard lockToken == token else { return }
    status = "ready"
    lockToken = nil
  }
}
