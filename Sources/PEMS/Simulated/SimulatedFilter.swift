import SyncDomain

/// The filters of a grid request, ready to be asked about rows.
struct SimulatedFilter {
  enum Operator: String {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case begins = "BEGINS"
    case ends = "ENDS"
    case contains = "CONTAINS"
    case like = "LIKE"
    case isIn = "IN"
    case isEmpty = "IS EMPTY"
    case notEmpty = "NOT EMPTY"
  }

  private enum Subject {
    case organization
    case pfaId
    case modified(Int64)
    case field(String)
  }

  private struct Condition {
    let subject: Subject
    let operation: Operator
    let value: String
    let isOr: Bool
    let opens: Bool
    let closes: Bool
  }

  private let conditions: [Condition]
  private let organization: String

  /// The lowest `modified` that can match, from conditions outside of groups; rows below need not be asked.
  private(set) var lowest = Int64.min
  /// The page is asked for by key: it continues a read.
  private(set) var continues = false

  /// nil when the filters make no sense. The last two are moods of ``SimulatedBehaviour``.
  init?(_ request: JSONValue, organization: String, organizationOnly: Bool = false, ignoresGroups: Bool = false) {
    self.organization = organization
    var conditions: [Condition] = []
    guard case .array(let filters) = request["MULTIADDON_FILTERS"]?["MADDON_FILTER"] ?? .array([]) else { return nil }
    for filter in filters {
      guard let name = filter["ALIAS_NAME"]?.string?.lowercased(), let value = filter["VALUE"]?.string,
        let operation = filter["OPERATOR"]?.string.flatMap(Operator.init)
      else { return nil }
      let subject: Subject
      switch name {
      case "pfs_a_org", "organization": subject = .organization
      case "pfs_id", "pfaid": subject = .pfaId
      case "pfs_lastmodified", "lastmodified":
        guard let instant = InstantSpelling.milliseconds(value) else { return nil }
        subject = .modified(instant)
      default: subject = .field(SourceDefinition.pemsFields[name] ?? name)
      }
      func flag(_ key: String) -> Bool { if case .bool(true)? = filter[key] { true } else { false } }
      if flag("LPAREN") || name == "pfs_id" && operation == .notEqual { continues = true }
      if organizationOnly, name != "pfs_a_org", name != "organization" { continue }
      let condition = Condition(
        subject: subject, operation: operation, value: value, isOr: filter["JOINER"]?.string == "OR" && !ignoresGroups,
        opens: flag("LPAREN") && !ignoresGroups, closes: flag("RPAREN") && !ignoresGroups)
      conditions.append(condition)
      if case .modified(let instant) = subject, operation == .greaterOrEqual, !condition.isOr, !condition.opens {
        lowest = max(lowest, instant)
      }
    }
    self.conditions = conditions
  }

  /// Conditions are joined from left to right; a group counts as one.
  func matches(_ row: SimulatedRow) -> Bool {
    var total = true
    var group: (value: Bool, isOr: Bool)?
    for condition in conditions {
      let holds = holds(condition, row)
      if condition.opens {
        group = (holds, condition.isOr)
      } else if let open = group {
        group = (condition.isOr ? open.value || holds : open.value && holds, open.isOr)
      } else {
        total = condition.isOr ? total || holds : total && holds
      }
      if condition.closes, let closed = group {
        total = closed.isOr ? total || closed.value : total && closed.value
        group = nil
      }
    }
    return total
  }

  private func holds(_ condition: Condition, _ row: SimulatedRow) -> Bool {
    switch condition.subject {
    case .organization: return compare(organization, condition)
    case .pfaId: return compare(row.pfaId, condition)
    case .modified(let instant): return SimulatedFilter.compare(row.modified, instant, condition.operation)
    case .field(let key):
      guard let value = (try? JSONValue(parsing: row.data))?[key], !value.isNull else {
        return condition.operation == .isEmpty || condition.operation == .notEqual
      }
      return compare(GridAnswer.text(value), condition)
    }
  }

  private func compare(_ text: String, _ condition: Condition) -> Bool {
    switch condition.operation {
    case .begins: text.hasPrefix(condition.value)
    case .ends: text.hasSuffix(condition.value)
    case .contains: text.contains(condition.value)
    case .like: text.contains(condition.value.replacing("%", with: ""))
    case .isIn: condition.value.split(separator: ",").contains { $0 == text }
    case .isEmpty: text.isEmpty
    case .notEmpty: !text.isEmpty
    default: SimulatedFilter.compare(text, condition.value, condition.operation)
    }
  }

  private static func compare<Value: Comparable>(_ left: Value, _ right: Value, _ operation: Operator) -> Bool {
    switch operation {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    default: false
    }
  }
}
