/// What users may change (domain.md section 2); everything else is PEMS' own and never goes out (W5).
package enum EditableFields {
  package static let keys: Set<String> = [
    "forecastStart", "forecastEnd", "monthlyRate", "purchasePrice", "dor", "category", "class", "source",
    "manufacturer", "model", "isDiscontinued", "isFundsTransferable",
  ]
}
