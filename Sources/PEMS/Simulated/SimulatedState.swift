import FoundationEssentials
import SyncDomain

/// The records and the mood of the simulated PEMS; pure, behind its lock.
struct SimulatedState: Sendable {
  var behaviour = SimulatedBehaviour()
  /// Rows by organization, sorted by (modified, pfaId).
  private(set) var rows: [String: [SimulatedRow]] = [:]
  var faults: [SimulatedFault] = []
  /// Pages served in the read that is going on, by organization.
  private var served: [String: Int] = [:]
  /// The last row served, by organization.
  private var lastServed: [String: SimulatedRow] = [:]
  /// Requests for records so far.
  private(set) var requests = 0
  /// The bodies (grid) or paths (web) of the last requests for records.
  private(set) var received: [[UInt8]] = []

  /// Requests for changes so far, and the bodies of the last of them.
  private(set) var writeRequests = 0
  private(set) var receivedWrites: [[UInt8]] = []
  /// Changes that were taken.
  private(set) var writesTaken = 0
  /// Records that are being changed, and how often one was asked to be while it was.
  private var writing: Set<String> = []
  private(set) var overlappingWrites = 0

  static let rememberedRequests = 1_000

  var now: Int64 { behaviour.serverTime ?? Int64(Date().timeIntervalSince1970 * 1_000) }

  // MARK: Records

  mutating func replace(_ organization: String, _ rows: [SimulatedRow]) {
    self.rows[organization] = rows.sorted(by: SimulatedRow.precedes)
  }

  /// Changes one row and makes it the newest; false when there is none.
  mutating func update(_ organization: String, _ pfaId: String, _ change: (inout SimulatedRow) -> Void) -> Bool {
    guard var list = rows[organization], let index = list.firstIndex(where: { $0.pfaId == pfaId }) else { return false }
    var row = list.remove(at: index)
    change(&row)
    row.modified = max(now, row.modified + 1)
    row.recordId += 1
    insert(row, &list)
    rows[organization] = list
    return true
  }

  /// Marks how a row is served, without an update; false when there is none.
  mutating func poison(_ organization: String, _ pfaId: String, _ poison: SimulatedPoison?) -> Bool {
    guard let index = rows[organization]?.firstIndex(where: { $0.pfaId == pfaId }) else { return false }
    rows[organization]?[index].poison = poison
    return true
  }

  mutating func remove(_ organization: String, _ pfaId: String) -> Bool {
    guard let index = rows[organization]?.firstIndex(where: { $0.pfaId == pfaId }) else { return false }
    rows[organization]?.remove(at: index)
    return true
  }

  private func insert(_ row: SimulatedRow, _ list: inout [SimulatedRow]) {
    let place = list.firstIndex { SimulatedRow.precedes(row, $0) } ?? list.endIndex
    list.insert(row, at: place)
  }

  // MARK: Requests

  /// Notes a request and takes the fault that is due for it, if any. `begins` starts a new read of the organization.
  mutating func admit(_ organization: String, begins: Bool, request: [UInt8]) -> SimulatedFault.Kind? {
    requests += 1
    received.append(request)
    if received.count > SimulatedState.rememberedRequests { received.removeFirst() }
    if begins {
      served[organization] = 0
      lastServed[organization] = nil
    }
    let page = served[organization, default: 0] + 1
    let due = faults.firstIndex { fault in
      !fault.isOfWrites && fault.times > 0 && (fault.page ?? page) == page
        && (fault.organization ?? organization) == organization
    }
    guard let due else { return nil }
    faults[due].times -= 1
    return faults[due].kind
  }

  /// Notes a request for a change and takes the fault that is due for it, if any. `endWrite` must follow.
  mutating func beginWrite(_ organization: String, _ pfaId: String, request: [UInt8]) -> SimulatedFault.Kind? {
    writeRequests += 1
    receivedWrites.append(request)
    if receivedWrites.count > SimulatedState.rememberedRequests { receivedWrites.removeFirst() }
    if !writing.insert("\(organization)/\(pfaId)").inserted { overlappingWrites += 1 }
    let due = faults.firstIndex { fault in
      fault.isOfWrites && fault.times > 0 && (fault.organization ?? organization) == organization
        && (fault.pfaId ?? pfaId) == pfaId
    }
    guard let due else { return nil }
    faults[due].times -= 1
    return faults[due].kind
  }

  mutating func endWrite(_ organization: String, _ pfaId: String) { writing.remove("\(organization)/\(pfaId)") }

  /// Changes a record as a screen does, if its update counter is the expected one (nil: whatever it is).
  mutating func write(_ organization: String, _ pfaId: String, recordId: Int64?, _ changes: [JSONValue.Member])
    -> SimulatedScreen.Outcome
  {
    guard let row = rows[organization]?.first(where: { $0.pfaId == pfaId }) else { return .missing }
    if let recordId, recordId != row.recordId { return .stale }
    _ = update(organization, pfaId) { row in
      guard case .object(let members)? = try? JSONValue(parsing: row.data) else { return }
      row.data = JSONValue.object(members + changes).canonical()
    }
    writesTaken += 1
    return .taken(recordId: row.recordId + 1)
  }

  /// Notes a page that went out whole; gives the row to repeat in front of it, if that is the mood.
  mutating func serve(_ organization: String, last: SimulatedRow?) -> SimulatedRow? {
    let repeated = behaviour.duplicatesRows ? lastServed[organization] : nil
    served[organization, default: 0] += 1
    lastServed[organization] = last ?? lastServed[organization]
    let page = served[organization]
    for move in behaviour.moves where move.page == page && move.organization == organization {
      _ = update(organization, move.pfaId) { _ in }
    }
    behaviour.moves.removeAll { $0.page == page && $0.organization == organization }
    return repeated
  }
}
