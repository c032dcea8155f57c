import SyncDomain
import Testing

@Suite struct CivilDateTests {
  @Test("every day of years 1 to 9999 agrees with counting them one by one")
  func everyDay() {
    var (year, month, day) = (1, 1, 1)
    var wrong = 0
    for days in -719_162...2_932_896 {
      let date = CivilDate(year: year, month: month, day: day)
      if date?.daysSinceEpoch != days || CivilDate(daysSinceEpoch: days) != date { wrong += 1 }
      day += 1
      if day > slowDays(year, month) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect(wrong == 0)
    #expect((year, month, day) == (10_000, 1, 1))
    #expect(CivilDate(daysSinceEpoch: -719_163) == nil && CivilDate(daysSinceEpoch: 2_932_897) == nil)
  }

  private func slowDays(_ year: Int, _ month: Int) -> Int {
    switch month {
    case 2:
      if year % 400 == 0 { return 29 }
      if year % 100 == 0 { return 28 }
      return year % 4 == 0 ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  @Test(
    "days that do not exist, and other spellings, are no dates",
    arguments: [
      "2025-02-30", "2025-02-29", "1900-02-29", "2025-04-31", "2025-13-01", "2025-00-01", "2025-01-00", "2025-01-32",
      "0000-01-01",
      "2025-1-1", "2025/01/01", "20250101", "2025-01-011", "", "２０２５-01-01", "-025-01-01",
    ])
  func impossible(_ text: String) { #expect(CivilDate(text) == nil) }

  @Test("text comes back as it was")
  func text() {
    for text in ["0001-01-01", "1970-01-01", "2000-02-29", "2024-02-29", "9999-12-31"] {
      #expect(CivilDate(text)?.text == text)
    }
    #expect(CivilDate("1970-01-01")?.daysSinceEpoch == 0)
  }

  @Test("instants belong to their UTC day, before 1970 too")
  func instants() {
    #expect(CivilDate(epochMilliseconds: 0)?.text == "1970-01-01")
    #expect(CivilDate(epochMilliseconds: -1)?.text == "1969-12-31")
    #expect(CivilDate(epochMilliseconds: 1_736_899_199_999)?.text == "2025-01-14")
    #expect(CivilDate(epochMilliseconds: 1_736_899_200_000)?.text == "2025-01-15")
    #expect(CivilDate(epochMilliseconds: .max) == nil && CivilDate(epochMilliseconds: .min) == nil)
  }

  @Test("order is the order of days")
  func order() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<5_000 {
      let (first, second) = (random.below(100_000), random.below(100_000))
      #expect(
        (CivilDate(daysSinceEpoch: first)! < CivilDate(daysSinceEpoch: second)!) == (first < second))
    }
  }
}
