import Runtime
import SyncStore

/// `syncline organizations add ID`: a tenant, whose messages are dead letters until it is there.
enum OrganizationsAddCommand {
  static let command = Command(
    path: ["organizations", "add"], summary: "Add an organization; one that is there stays as it is",
    arguments: [Argument("ID", "its code, as messages name it")],
    options: [Option.text("name", "TEXT", "what people call it", default: "")],
    examples: [Example("syncline organizations add RIO --name 'Rio site'", "make a tenant")], needs: [.database],
    change: .adds
  ) { invocation in
    let id = try invocation.argument("ID")
    let name = invocation.option("name") ?? ""
    if let objection = objection(id: id, name: name) { throw objection }
    let decision = invocation.decision
    let (cells, isNew) = try await Database.run(invocation) { session in
      try session.asSystem(by: decision) {
        if let added = try OrganizationStore.add(session, id: id, name: name) {
          return (try Cell.cells(added, OrganizationColumns.all), true)
        }
        guard let there = try OrganizationStore.find(session, id) else { throw Subjects.noOrganization(id) }
        return (try Cell.cells(there, OrganizationColumns.all), false)
      }
    }
    try invocation.output.show(OrganizationColumns.all, cells)
    invocation.output.message(
      isNew ? "organization \(id) is added" : "organization \(id) is there already, nothing changed")
    return .ok
  }

  /// Why something can not be an organization; nil when it can.
  static func objection(id: String, name: String) -> CommandError? {
    func refuse(_ why: String) -> CommandError {
      CommandError(.invalid, "INVALID_ORGANIZATION", why, hint: "use a short code such as RIO")
    }
    if id.isEmpty || id.unicodeScalars.count > 100 { return refuse("an organization's id has 1 to 100 characters") }
    if id.unicodeScalars.contains(where: isUnprintable) || name.unicodeScalars.contains(where: isUnprintable) {
      return refuse("an organization's id and name hold no control characters")
    }
    if id.first?.isWhitespace == true || id.last?.isWhitespace == true {
      return refuse("an organization's id neither begins nor ends with a blank")
    }
    return nil
  }
}
