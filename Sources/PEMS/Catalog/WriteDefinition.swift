import SyncDomain

/// How edits are written to a `pems-grid` source: the section `write:` of its entry.
///
/// The screen names its fields otherwise than the grid does, so reads and writes have a map each.
package struct WriteDefinition: Sendable, Equatable {
  /// Name of the user-defined screen; nil: the name of the grid, which a user-defined screen shares with its grid.
  package var screen: String?
  /// Behind the base URL; `{screen}`, `{organization}` and `{pfaId}` in it are replaced.
  package var path = "/axis/restservices/userdefinedscreenservices/{pfaId}"
  /// Screen's field → key in `data`; keys that users may edit only (W5). What is not named here can not be written.
  package var fields = WriteDefinition.pemsFields
  /// The fields of the screen that name the record.
  package var idField = "PFS_ID"
  package var organizationField = "PFS_A_ORG"

  package init() {}

  /// The field map of PEMS' screen.
  package static let pemsFields: [String: String] = [
    "PFS_F_STARTDATE": "forecastStart", "PFS_F_ENDDATE": "forecastEnd", "PFS_F_RATE": "monthlyRate",
    "PFS_F_PRICE": "purchasePrice", "PFS_F_DOR": "dor", "PFS_F_CATEGORY": "category", "PFS_F_CLASS": "class",
    "PFS_F_SOURCE": "source", "PFS_F_MANUFACT": "manufacturer", "PFS_F_MODEL": "model", "PFA_DIS": "isDiscontinued",
    "PFS_FT": "isFundsTransferable",
  ]

  /// The screen's name of one of our fields; nil when it has none.
  func name(of key: String) -> String? { fields.first { $0.value == key }?.key }

  /// Reads the section; what is wrong is in the reader afterwards.
  init(reading reader: DefinitionReader) {
    self.init()
    screen = reader.text("screen")
    path = reader.text("path") ?? path
    if !path.hasPrefix("/"), let node = reader.value("path") { reader.fault(node, "path: begins with a slash") }
    idField = reader.text("idField") ?? idField
    organizationField = reader.text("organizationField") ?? organizationField
    guard let map = reader.value("fields") else { return }
    guard let entries = map.mapping else {
      reader.fault(map, "fields: expected a mapping from the screen's names to our names, found \(map.kind)")
      return
    }
    var targets: [String: String] = [:]
    for entry in entries {
      guard let key = entry.value.string, EditableField.relevant.contains(key) else {
        let hint = entry.value.string.flatMap { NearestName.of($0, in: EditableField.relevant) }
        reader.fault(
          entry.value,
          "fields: \(entry.key): expected a field that users may edit"
            + (hint.map { "; did you mean \"\($0)\"?" } ?? ""))
        continue
      }
      if let other = targets.updateValue(entry.key, forKey: key) {
        reader.fault(entry.value, "fields: \(other) and \(entry.key) are both mapped to \(key)")
      }
      for (name, mapped) in fields where mapped == key { fields[name] = nil }
      fields[entry.key] = key
    }
  }
}
