import SyncDomain
import Testing

@Suite struct KPIArithmeticTests {
  private func contribution(_ data: String) throws -> KPIContribution? {
    KPIArithmetic.contribution(of: try KPIRecord(data: data.bytes))
  }

  @Test("the three examples of contract section 6")
  func examples() throws {
    let rental = try #require(
      try contribution(
        #"""
        {"category":"Cranes","dor":"BEO","forecastEnd":"2025-07-31","forecastStart":"2025-01-20","monthlyRate":15000,
         "originalEnd":"2025-06-30","originalStart":"2025-01-15","source":"Rental"}
        """#))
    #expect(rental.group == KPIGroup(category: "Cranes", source: "Rental", dor: "BEO"))
    #expect(rental.amounts == KPIAmounts(plan: 81_800_26, forecast: 94_612_35, actual: 0, count: 1, actualized: 0))
    #expect(rental.amounts.variance == 12_812_09)
    let actualized = try #require(
      try contribution(
        #"""
        {"actualEnd":"2025-06-30","actualStart":"2025-02-10","forecastEnd":"2025-09-15","forecastStart":"2025-02-10",
         "isActualized":true,"monthlyRate":42000.00,"originalEnd":"2025-08-31","originalStart":"2025-02-01",
          "source":"Rental"}
        """#))
    #expect(
      actualized.amounts
        == KPIAmounts(plan: 291_130_09, forecast: 299_408_67, actual: 193_166_89, count: 1, actualized: 1))
    #expect(actualized.group == KPIGroup(category: "", source: "Rental", dor: ""))
    let purchase = try #require(
      try contribution(
        #"""
        {"forecastEnd":"2025-12-31","forecastStart":"2025-01-10","originalEnd":"2025-12-31",
          "originalStart":"2025-01-10",
         "purchasePrice":350000,"source":"Purchase"}
        """#))
    #expect(purchase.amounts == KPIAmounts(plan: 350_000_00, forecast: 350_000_00, actual: 0, count: 1, actualized: 0))
  }

  @Test("what does not count")
  func exclusions() throws {
    #expect(try contribution(#"{"isDiscontinued":true,"source":"Rental"}"#) == nil)
    let dates = #""originalStart":"2025-01-01","originalEnd":"2025-02-01""#
    let unknown = try contribution(#"{"monthlyRate":100,"purchasePrice":100,"source":"Leased",\#(dates)}"#)
    #expect(unknown?.amounts == KPIAmounts(count: 1) && unknown?.group.source == "Leased")
    #expect(try contribution(#"{"source":"Rental",\#(dates)}"#)?.amounts == KPIAmounts(count: 1))
    #expect(try contribution(#"{"source":"Purchase",\#(dates)}"#)?.amounts == KPIAmounts(count: 1))
    let half = #"{"source":"Purchase","purchasePrice":5,"originalStart":"2025-01-01","originalEnd":null}"#
    #expect(try contribution(half)?.amounts == KPIAmounts(count: 1))
    let backwards = #"{"source":"Rental","monthlyRate":5,"originalStart":"2025-02-01","originalEnd":"2025-01-01"}"#
    #expect(try contribution(backwards)?.amounts == KPIAmounts(count: 1))
    let planned = #"{"source":"Purchase","purchasePrice":5,"actualStart":"2025-01-01","actualEnd":"2025-01-02"}"#
    #expect(try contribution(planned)?.amounts == KPIAmounts(count: 1))
  }

  @Test("rental costs agree with long division in decimal digits, for credits too")
  func property() throws {
    var random = SplitMix64(seed: printedSeed())
    for round in 0..<3_000 {
      let days = round % 10 == 0 ? random.below(3_000_000) : random.below(2_000)
      var rate = Int128(random.next() >> UInt64(random.below(60)))
      if round % 7 == 0 { rate = rate * 5 % 100_000_000_000_000_000_000 }
      let start = try #require(CivilDate(daysSinceEpoch: -719_162))
      let end = try #require(CivilDate(daysSinceEpoch: -719_162 + days))
      for signed in [rate, -rate] {
        let cost = KPIArithmetic.phaseCost(source: .rental, rate: signed, price: nil, start: start, end: end)
        let slow = SlowDecimal.rentalCost(days: days, rate: "\(rate)")
        #expect("\(cost)" == (signed < 0 && slow != "0" ? "-" : "") + slow, "\(days) days at \(signed)")
      }
    }
  }

  @Test("cents are rounded to the nearest, away from zero, on both sides of it")
  func rounding() {
    let (start, end) = (CivilDate("2025-01-01"), CivilDate("2025-01-02"))
    // One day is rate / 30.44: 15 cents are 0.493 and 16 are 0.526. An exact half can not occur: 30.44 has a factor
    // of 761.
    for (rate, expected) in [(761, 25), (15, 0), (16, 1), (-15, 0), (-16, -1), (-761, -25)] as [(Int128, Int128)] {
      let cost = KPIArithmetic.phaseCost(source: .rental, rate: rate, price: nil, start: start, end: end)
      #expect(cost == expected)
    }
  }

  @Test("contributions add and subtract, and a record that moves leaves one group and enters the other")
  func groups() {
    let first = KPIContribution(
      group: KPIGroup(category: "a", source: "Rental", dor: ""), amounts: KPIAmounts(plan: 5, forecast: 7, count: 1))
    let moved = KPIContribution(group: KPIGroup(category: "b", source: "Rental", dor: ""), amounts: first.amounts)
    #expect(KPIContribution.change(from: first, to: first).isEmpty)
    #expect(
      KPIContribution.change(from: first, to: moved) == [first.group: -first.amounts, moved.group: first.amounts])
    #expect(KPIContribution.change(from: first, to: nil) == [first.group: -first.amounts])
    #expect(KPIContribution.change(from: nil, to: first) == [first.group: first.amounts])
    #expect(first.amounts + first.amounts - first.amounts == first.amounts)
    #expect((first.amounts - first.amounts) == .zero)
  }

  @Test("groups are told apart by their bytes, as the database does it")
  func groupIdentity() {
    let composed = KPIGroup(category: "\u{E9}", source: "Rental", dor: "")
    let decomposed = KPIGroup(category: "e\u{301}", source: "Rental", dor: "")
    #expect(composed != decomposed && Set([composed, decomposed, composed]).count == 2)
    #expect(decomposed < composed && !(composed < decomposed) && !(composed < composed))
    #expect(KPIGroup(category: "a", source: "b", dor: "c") < KPIGroup(category: "a", source: "b", dor: "d"))
  }

  @Test("money is read as Postgres rounds it into numeric(20,2), and written with two places")
  func cents() {
    for (text, expected) in [
      ("0", 0), ("1", 100), ("1.5", 150), ("-1.25", -125), ("0.005", 1), ("-0.005", -1), ("0.0049", 0), ("0.994", 99),
      ("0.995", 100),
      ("12.3456", 1235),
    ] as [(String, Int128)] {
      #expect(Cents.parse(text) == expected, "\(text)")
    }
    #expect(Cents.parse("999999999999999999.99") == 99_999_999_999_999_999_999)
    for bad in ["", "-", ".5", "5.", "1e3", "1.2.3", "null", "999999999999999999.995", "1000000000000000000"] {
      #expect(Cents.parse(bad) == nil, "\(bad)")
    }
    #expect([0, 5, -5, 100, -12_345].map { Cents.text($0) } == ["0.00", "0.05", "-0.05", "1.00", "-123.45"])
  }
}

/// School arithmetic on decimal digits: nothing in common with the code under test.
private enum SlowDecimal {
  /// days / 30.44 × rate, to the nearest cent, half up; `rate` in whole cents of 0 or more.
  static func rentalCost(days: Int, rate: String) -> String {
    var digits = multiply(rate.utf8.map { Int($0) - 48 }, days) + [0, 0]
    var remainder = 0
    for index in digits.indices {
      remainder = remainder * 10 + digits[index]
      digits[index] = remainder / 3044
      remainder %= 3044
    }
    if remainder * 2 >= 3044 { increment(&digits) }
    let significant = digits.drop { $0 == 0 }
    return significant.isEmpty ? "0" : significant.map(String.init).joined()
  }

  private static func multiply(_ digits: [Int], _ factor: Int) -> [Int] {
    var result: [Int] = []
    var carry = 0
    for digit in digits.reversed() {
      carry += digit * factor
      result.append(carry % 10)
      carry /= 10
    }
    while carry > 0 {
      result.append(carry % 10)
      carry /= 10
    }
    return result.reversed()
  }

  private static func increment(_ digits: inout [Int]) {
    var index = digits.count - 1
    while index >= 0, digits[index] == 9 {
      digits[index] = 0
      index -= 1
    }
    if index >= 0 { digits[index] += 1 } else { digits.insert(1, at: 0) }
  }
}
