/// The values that one field of a cron expression allows, as bits.
struct CronField: Hashable, Sendable {
  /// What a field counts.
  enum Unit: String, Sendable {
    case minute, hour, day, month, weekday

    var range: ClosedRange<Int> {
      switch self {
      case .minute: 0...59
      case .hour: 0...23
      case .day: 1...31
      case .month: 1...12
      case .weekday: 0...6
      }
    }

    fileprivate var names: [String] {
      switch self {
      case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
      default: []
      }
    }
  }

  private var bits: UInt64 = 0
  /// Every value is allowed.
  let isFull: Bool

  init(_ text: Substring, _ unit: Unit) throws(CronFault) {
    var bits: UInt64 = 0
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      bits |= try CronField.bits(item, unit)
    }
    self.bits = bits
    isFull = unit.range.allSatisfy { bits & 1 << UInt64($0) != 0 }
  }

  func contains(_ value: Int) -> Bool { value >= 0 && value < 64 && bits & 1 << UInt64(value) != 0 }

  /// The smallest allowed value that is not below; nil when there is none.
  func first(from value: Int) -> Int? {
    guard value < 64 else { return nil }
    let rest = bits & (UInt64.max << UInt64(max(0, value)))
    return rest == 0 ? nil : rest.trailingZeroBitCount
  }

  private static func bits(_ item: Substring, _ unit: Unit) throws(CronFault) -> UInt64 {
    let halves = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var step = 1
    if halves.count == 2 {
      guard let given = number(halves[1]), given >= 1, given <= unit.range.upperBound else {
        throw fault(item, unit, "a step is a number from 1 to \(unit.range.upperBound)")
      }
      step = given
    }
    let range = try range(halves[0], hasStep: halves.count == 2, item, unit)
    var bits: UInt64 = 0
    // Sunday is 0 and 7.
    for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
      bits |= 1 << UInt64(unit == .weekday ? value % 7 : value)
    }
    return bits
  }

  private static func range(
    _ text: Substring, hasStep: Bool, _ item: Substring, _ unit: Unit
  ) throws(CronFault) -> ClosedRange<Int> {
    if text == "*" { return unit.range }
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    var values: [Int] = []
    for end in ends {
      let upper = unit == .weekday ? 7 : unit.range.upperBound
      guard let value = value(end, unit), value >= unit.range.lowerBound, value <= upper else {
        throw fault(item, unit, "expected \(unit.range.lowerBound) to \(upper), a range, a list or *")
      }
      values.append(value)
    }
    // `5/10` is `5-59/10`.
    if values.count == 1 { return values[0]...(hasStep ? max(values[0], unit.range.upperBound) : values[0]) }
    guard values[0] <= values[1] else { throw fault(item, unit, "the range ends before it begins") }
    return values[0]...values[1]
  }

  private static func value(_ text: Substring, _ unit: Unit) -> Int? {
    if let index = unit.names.firstIndex(of: text.lowercased()) { return index + unit.range.lowerBound }
    return number(text)
  }

  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 2, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }

  private static func fault(_ item: Substring, _ unit: Unit, _ why: String) -> CronFault {
    CronFault(reason: "\(unit.rawValue) \"\(item)\": \(why)")
  }
}
