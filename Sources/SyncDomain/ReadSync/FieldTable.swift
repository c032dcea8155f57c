/// The fields of `data` that have a meaning to us (contract section 5), sorted by the bytes of their keys.
package enum FieldTable {
  package enum Kind: Sendable { case id, text, money, date, instant, boolean, source }

  package struct Field: Sendable {
    package let key: String
    package let kind: Kind
    /// Without it plans can not be told apart or costed: when a source stops delivering it, a run must not start to
    /// apply (SCHEMA_DRIFT).
    package let critical: Bool

    init(_ key: String, _ kind: Kind, critical: Bool = false) {
      self.key = key
      self.kind = kind
      self.critical = critical
    }
  }

  package static let fields: [Field] = [
    Field("actualEnd", .date),
    Field("actualStart", .date),
    Field("areaSilo", .text),
    Field("category", .text, critical: true),
    Field("class", .text, critical: true),
    Field("contract", .text),
    Field("description", .text),
    Field("dor", .text, critical: true),
    Field("equipment", .text),
    Field("forecastEnd", .date, critical: true),
    Field("forecastStart", .date, critical: true),
    Field("hasActuals", .boolean),
    Field("hasPlan", .boolean),
    Field("isActualized", .boolean, critical: true),
    Field("isDiscontinued", .boolean, critical: true),
    Field("isFundsTransferable", .boolean),
    Field("lastModified", .instant),
    Field("manufacturer", .text),
    Field("model", .text),
    Field("monthlyRate", .money, critical: true),
    Field("organization", .id),
    Field("originalEnd", .date, critical: true),
    Field("originalStart", .date, critical: true),
    Field("pfaId", .id, critical: true),
    Field("purchasePrice", .money, critical: true),
    Field("source", .source, critical: true),
  ]

  private static let byKey = Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0) })

  /// Nil for a field we do not know.
  package static func field(_ key: String) -> Field? { byKey[key] }

  package static let criticalKeys: Set<String> = Set(fields.filter(\.critical).map(\.key))
}
