import Runtime
import SyncDomain

/// One order to the simulated PEMS as `POST /simulate` takes it: a JSON object with any of these members.
///
/// - `seed: {organization, records, seed?}`
/// - `fault: {kind, page?, times?, organization?}` with `status` and `retryAfter` for kind status, `message` for
///   errorAlert, `body` (any JSON) for answer, `milliseconds` for slow; the other kinds are hang, hangUp, truncate, cut,
///   partial, emptyPage and emptyResult. With `write: true`, and `pfaId?`, it strikes changes; then there are also
///   stale, acceptAndHang, acceptAndHangUp, and confirmation with `message`
/// - `poison: {organization, pfaId, kind}`, kind being a case of ``SimulatedPoison``, or none
/// - `update: {organization, pfaId, data?}`, `discontinue: {organization, pfaId}`, `remove: {organization, pfaId}`
/// - `behaviour` with members of ``SimulatedBehaviour``: dropsTotal, tellsTotalOnce, duplicatesRows, ignoresSort,
///   filtersOrganizationOnly, mixesOrganizations, sortsByTimeOnly, ignoresGroups, countsPages, ignoresPosition, pageCap,
///   newField, renamed, decimalComma, plainSpelling, serverTime
/// - `reset: true` forgets faults and behaviour; who may ask stays
package struct SimulatedCommand {
  /// What is wrong with an order.
  package struct Fault: Error {
    package let message: String
  }

  private let order: JSONValue

  package init(_ body: [UInt8]) throws(Fault) {
    guard let order = try? JSONValue(parsing: body), case .object = order else {
      throw Fault(message: "expected a JSON object")
    }
    self.order = order
  }

  /// Carries the order out.
  func run(_ state: Locked<SimulatedState>) throws(Fault) {
    guard case .object(let members) = order else { return }
    for member in members {
      let value = member.value
      switch member.key {
      case "reset":
        // Who may ask is no mood.
        state.with { state in
          var behaviour = SimulatedBehaviour()
          behaviour.authorization = state.behaviour.authorization
          (state.faults, state.behaviour) = ([], behaviour)
        }
      case "seed": try seed(value, state)
      case "fault":
        let fault = try fault(value)
        state.with { $0.faults.append(fault) }
      case "poison":
        let (organization, pfaId) = try place(value)
        let poison = value["kind"]?.string.flatMap(SimulatedPoison.init)
        try found(state.with { $0.poison(organization, pfaId, poison) }, pfaId)
      case "update": try update(value, data: value["data"], state)
      case "discontinue":
        try update(value, data: .object([.init("isDiscontinued", .bool(true))]), state)
      case "remove":
        let (organization, pfaId) = try place(value)
        try found(state.with { $0.remove(organization, pfaId) }, pfaId)
      case "behaviour": try behave(value, state)
      default: throw Fault(message: "unknown order \(jsonString(member.key))")
      }
    }
  }

  private func seed(_ value: JSONValue, _ state: Locked<SimulatedState>) throws(Fault) {
    guard let organization = value["organization"]?.string, let count = value["records"]?.integer,
      0...10_000_000 ~= count
    else { throw Fault(message: "seed needs organization and records") }
    let generator = RecordGenerator(seed: UInt64(bitPattern: value["seed"]?.integer ?? 1), organization: organization)
    let rows = (0..<Int(count)).map { SimulatedRow(generator.record(index: $0)) }
    state.with { $0.replace(organization, rows) }
  }

  private func fault(_ value: JSONValue) throws(Fault) -> SimulatedFault {
    let kind: SimulatedFault.Kind
    switch value["kind"]?.string {
    case "status":
      guard let status = value["status"]?.integer, 200...599 ~= status else {
        throw Fault(message: "fault needs a status")
      }
      kind = .status(Int(status), retryAfter: value["retryAfter"].map { GridAnswer.text($0) })
    case "errorAlert": kind = .errorAlert(value["message"]?.string ?? "simulated")
    case "answer":
      guard let body = value["body"] else { throw Fault(message: "fault needs a body") }
      kind = .answer(String(decoding: body.canonical(), as: UTF8.self))
    case "hang": kind = .hang
    case "hangUp": kind = .hangUp
    case "truncate": kind = .truncate
    case "cut": kind = .cut
    case "partial": kind = .partial
    case "emptyPage": kind = .emptyPage
    case "emptyResult": kind = .emptyResult
    case "slow": kind = .slow(Int(clamping: value["milliseconds"]?.integer ?? 1_000))
    case "stale": kind = .stale
    case "acceptAndHang": kind = .acceptAndHang
    case "acceptAndHangUp": kind = .acceptAndHangUp
    case "confirmation": kind = .confirmation(value["message"]?.string ?? "simulated")
    default: throw Fault(message: "unknown kind of fault")
    }
    if case .bool(true)? = value["write"] {
      return .ofWrites(
        kind, organization: value["organization"]?.string, pfaId: value["pfaId"]?.string,
        times: Int(clamping: value["times"]?.integer ?? 1))
    }
    return SimulatedFault(
      kind, page: value["page"]?.integer.map { Int(clamping: $0) }, organization: value["organization"]?.string,
      times: Int(clamping: value["times"]?.integer ?? 1))
  }

  private func update(_ value: JSONValue, data: JSONValue?, _ state: Locked<SimulatedState>) throws(Fault) {
    let (organization, pfaId) = try place(value)
    guard case .object(let changes) = data ?? .object([]) else { throw Fault(message: "data is not an object") }
    let wasFound = state.with { state in
      state.update(organization, pfaId) { row in
        guard case .object(let members)? = try? JSONValue(parsing: row.data) else { return }
        row.data = JSONValue.object(members + changes).canonical()
      }
    }
    try found(wasFound, pfaId)
  }

  private func behave(_ value: JSONValue, _ state: Locked<SimulatedState>) throws(Fault) {
    guard case .object(let members) = value else { throw Fault(message: "behaviour is not an object") }
    var behaviour = state.with { $0.behaviour }
    for member in members {
      let flag = if case .bool(true) = member.value { true } else { false }
      switch member.key {
      case "dropsTotal": behaviour.dropsTotal = flag
      case "duplicatesRows": behaviour.duplicatesRows = flag
      case "tellsTotalOnce": behaviour.tellsTotalOnce = flag
      case "ignoresSort": behaviour.ignoresSort = flag
      case "filtersOrganizationOnly": behaviour.filtersOrganizationOnly = flag
      case "mixesOrganizations": behaviour.mixesOrganizations = flag
      case "sortsByTimeOnly": behaviour.sortsByTimeOnly = flag
      case "ignoresGroups": behaviour.ignoresGroups = flag
      case "countsPages": behaviour.countsPages = flag
      case "ignoresPosition": behaviour.ignoresPosition = flag
      case "decimalComma": behaviour.decimalComma = flag
      case "plainSpelling": behaviour.plainSpelling = flag
      case "pageCap": behaviour.pageCap = member.value.integer.map { Int(clamping: $0) }
      case "newField": behaviour.newField = member.value.string
      case "serverTime": behaviour.serverTime = member.value.integer
      case "renamed":
        guard case .object(let names) = member.value else { throw Fault(message: "renamed is not an object") }
        behaviour.renamed = [:]
        for name in names { behaviour.renamed[name.key] = name.value.string }
      default: throw Fault(message: "unknown behaviour \(jsonString(member.key))")
      }
    }
    let changed = behaviour
    state.with { $0.behaviour = changed }
  }

  private func place(_ value: JSONValue) throws(Fault) -> (String, String) {
    guard let organization = value["organization"]?.string, let pfaId = value["pfaId"]?.string else {
      throw Fault(message: "organization and pfaId are needed")
    }
    return (organization, pfaId)
  }

  private func found(_ isFound: Bool, _ pfaId: String) throws(Fault) {
    if !isFound { throw Fault(message: "no record \(jsonString(pfaId))") }
  }
}
