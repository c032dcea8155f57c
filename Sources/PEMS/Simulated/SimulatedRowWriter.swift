import SyncDomain

/// Writes one row as a list of named values, with what is wrong with it.
struct SimulatedRowWriter {
  let behaviour: SimulatedBehaviour
  private let spelling: SimulatedSpelling
  private let names: [String: String]

  init(_ behaviour: SimulatedBehaviour) {
    self.behaviour = behaviour
    spelling = SimulatedSpelling(decimalComma: behaviour.decimalComma, isPlain: behaviour.plainSpelling)
    names = Dictionary(SourceDefinition.pemsFields.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
  }

  /// The values by PEMS' names, each as JSON text.
  func cells(_ row: SimulatedRow) -> [(name: String, json: [UInt8])] {
    var cells: [(name: String, json: [UInt8])] = []
    let turn = Int(row.modified / 1_000) + Int(row.recordId)
    guard case .object(let members)? = try? JSONValue(parsing: row.data) else { return cells }
    for (column, member) in members.enumerated() {
      let value =
        member.key == "lastModified"
        ? spelling.instant(row.modified, turn: turn)
        : spelling.literal(member.value, key: member.key, turn: turn + column)
      let json = poisoned(member.key, row.poison) ?? value.canonical()
      cells.append((served(names[member.key] ?? member.key), json))
    }
    cells.append((served("recordid"), Array(String(row.recordId).utf8)))
    if let name = behaviour.newField { cells.append((name, Array(#""new""#.utf8))) }
    return cells
  }

  private func served(_ name: String) -> String { behaviour.renamed[name] ?? name }

  private func poisoned(_ key: String, _ poison: SimulatedPoison?) -> [UInt8]? {
    switch (poison, key) {
    case (.nul, "description"): Array(#""bad \u0000 text""#.utf8)
    case (.loneSurrogate, "description"): Array(#""bad \ud800 text""#.utf8)
    case (.invalidUTF8, "description"): [0x22, 0x62, 0xFF, 0x22]
    case (.oversizeNumber, "monthlyRate"): Array("1e400000".utf8)
    case (.badTypes, "forecastStart"): Array(#""31-FEB-2025""#.utf8)
    case (.badTypes, "monthlyRate"): Array(#""12,34,56""#.utf8)
    case (.badTypes, "isActualized"): Array(#""maybe""#.utf8)
    case (.foreignOrganization, "organization"): Array(#""RIO2""#.utf8)
    case (.missingId, "pfaId"): Array("null".utf8)
    default: nil
    }
  }
}
