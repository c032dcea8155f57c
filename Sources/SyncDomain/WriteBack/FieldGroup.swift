/// Fields that must fit each other after a merge, even when both sides changed different ones (domain.md section 2).
enum FieldGroup: CaseIterable {
  case forecast, cost, actuals, classification, equipment

  var fields: Set<String> {
    switch self {
    case .forecast: ["forecastStart", "forecastEnd"]
    case .cost: ["source", "monthlyRate", "purchasePrice"]
    case .actuals: ["isActualized", "actualStart", "actualEnd"]
    case .classification: ["category", "class"]
    case .equipment: ["manufacturer", "model"]
    }
  }

  /// Whether a merged record that both sides touched in this group makes sense.
  private func fits(_ merged: FieldValues, changed: Set<String>) -> Bool {
    switch self {
    case .forecast: FieldGroup.isInOrder(merged, "forecastStart", "forecastEnd")
    // A rate and a price live side by side; the source decides which of them counts.
    case .cost: !changed.contains("source")
    case .actuals: FieldGroup.isInOrder(merged, "actualStart", "actualEnd")
    // A category means something for its class only, a model for its manufacturer.
    case .classification, .equipment: false
    }
  }

  /// The fields of groups that both sides touched and that do not fit now, sorted; empty when all fit.
  static func clash(ours: Set<String>, theirs: Set<String>, merged: FieldValues) -> [String] {
    allCases.filter { group in
      !group.fields.isDisjoint(with: ours) && !group.fields.isDisjoint(with: theirs)
        && !group.fits(merged, changed: group.fields.intersection(ours.union(theirs)))
    }.flatMap { $0.fields.intersection(ours.union(theirs)) }.sorted()
  }

  /// ISO dates compare as texts.
  private static func isInOrder(_ record: FieldValues, _ start: String, _ end: String) -> Bool {
    guard let start = record[start].string, let end = record[end].string else { return true }
    return start <= end
  }
}
