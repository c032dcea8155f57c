import FoundationEssentials
import SyncDomain
import Testing

@Suite struct TimeZoneTests {
  @Test(
    "Offsets of zones, before, inside and behind the transitions of their files",
    arguments: [
      ("Europe/Berlin", "2026-01-01T00:00", 3600), ("Europe/Berlin", "2026-07-01T00:00", 7200),
      ("Europe/Berlin", "2080-07-01T00:00", 7200), ("Europe/Berlin", "2080-12-01T00:00", 3600),
      ("America/New_York", "2026-07-01T00:00", -14_400), ("Australia/Lord_Howe", "2026-01-01T00:00", 39_600),
      ("Australia/Lord_Howe", "2070-07-01T00:00", 37_800), ("Asia/Kolkata", "2026-07-01T00:00", 19_800),
      ("Europe/Dublin", "2026-07-01T00:00", 3600), ("Europe/Dublin", "2060-01-01T00:00", 0),
    ] as [(String, String, Int64)])
  func offsets(_ name: String, _ time: String, _ expected: Int64) throws {
    #expect(try zone(name).offset(at: instant(time)) == expected)
  }

  @Test("Spans of a zone follow each other without a gap, and say what was before them")
  func spans() throws {
    for name in ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin"] {
      let rules = try zone(name)
      var time = try instant("1990-01-01T00:00")
      var span = rules.span(at: time)
      while let end = span.end, time < (try instant("2090-01-01T00:00")) {
        let next = rules.span(at: end)
        #expect(next.start == end && next.previous == span.offset, "\(name) \(utcText(end))")
        #expect(rules.span(at: end - 1) == span)
        (time, span) = (end, next)
      }
    }
  }

  @Test("Bytes that are no time zone file are refused and never read past their end") func hostile() throws {
    var random = SplitMix64(seed: printedSeed())
    let file = Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
    #expect(TimeZoneFile.parse([], name: "x") == nil)
    for length in stride(from: 0, to: file.count, by: 7) {
      #expect(TimeZoneFile.parse(Array(file[..<length]), name: "x") == nil)
    }
    for _ in 0..<2_000 {
      var bytes = file
      for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if let rules = TimeZoneFile.parse(bytes, name: "x") { _ = rules.offset(at: Int64(random.below(4_000_000_000))) }
    }
  }

  @Test(
    "A POSIX rule is read, or refused",
    arguments: [
      ("CET-1CEST,M3.5.0,M10.5.0/3", true), ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true), ("UTC0", true),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", true), ("EST5EDT,J60/2,300/-1:30", true), ("", false), ("CET", false),
      ("CET-1CEST", false),
      ("CET-1CEST,M13.5.0,M10.5.0", false), ("CET-1CEST,M3.5.0", false), ("<+1-1", false), ("CET-25", false),
      ("CET-1 ", false),
      ("CET-1CEST,M3.5.0,M10.5.0/3x", false), ("C1D", false),
    ])
  func posix(_ text: String, _ isRule: Bool) { #expect((RecurringZone(posix: text) != nil) == isRule) }
}
