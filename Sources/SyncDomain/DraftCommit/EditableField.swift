/// The fields that users may change, and which of them must fit each other (domain.md section 2).
package enum EditableField {
  package enum Kind: Sendable { case date, money, text, source, flag }

  /// What must be said about a record; it may be changed but not cleared.
  static let required: Set<String> = ["category", "source"]

  package static let kinds: [String: Kind] = [
    "forecastStart": .date, "forecastEnd": .date, "monthlyRate": .money, "purchasePrice": .money, "dor": .text,
    "category": .text, "class": .text, "source": .source, "manufacturer": .text, "model": .text,
    "isDiscontinued": .flag, "isFundsTransferable": .flag,
  ]

  static let flags = kinds.filter { $0.value == .flag }.keys.sorted()

  /// Fields whose values are one statement: a change of one says something about the others.
  enum Group: CaseIterable {
    /// In order.
    case forecast
    /// A rental has a rate, a purchase a price.
    case price
    /// What it is; two people who change a half each make a third thing that nobody meant.
    case category, make

    var members: [String] {
      switch self {
      case .forecast: ["forecastStart", "forecastEnd"]
      case .price: ["source", "monthlyRate", "purchasePrice"]
      case .category: ["category", "class"]
      case .make: ["manufacturer", "model"]
      }
    }

    /// Whether members changed by two sides are an overlap, whatever the values.
    var isOneStatement: Bool { self == .category || self == .make }
  }

  /// The fields of a record that decisions look at.
  package static let relevant = Set(kinds.keys)
}

/// Why an edit is refused: the codes of `sync_record_issue`, of jobs, and of `drafts commit`.
package enum EditCode {
  package static let invalidDateOrder = "INVALID_DATE_ORDER"
  package static let missingRequiredField = "MISSING_REQUIRED_FIELD"
  package static let invalidValue = "INVALID_VALUE"
  package static let invalidEnumValue = "INVALID_ENUM_VALUE"
  package static let invalidRange = "INVALID_RANGE"
  package static let invalidType = "INVALID_TYPE"
  package static let businessRuleViolation = "BUSINESS_RULE_VIOLATION"
  package static let fieldNotEditable = "FIELD_NOT_EDITABLE"
  package static let forbidden = "FORBIDDEN"
  package static let conflict = "CONFLICT"
}
