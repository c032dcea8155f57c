import FoundationEssentials
import SyncDomain
import Testing

/// A zone of the machine's time zone database.
func zone(_ name: String) throws -> TimeZoneRules {
  let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name))
  return try #require(TimeZoneFile.parse(Array(bytes), name: name))
}

/// Seconds since 1970 of `2026-03-29T00:59:00Z`, seconds and the Z may be left out.
func instant(_ text: String) throws -> Int64 {
  let parts = text.split(separator: "T")
  let clock = parts[1].filter { $0 != "Z" }.split(separator: ":").compactMap { Int64($0) }
  let day = try #require(CivilDate(String(parts[0])))
  return Int64(day.daysSinceEpoch) * 86_400 + clock[0] * 3600 + clock[1] * 60 + (clock.count > 2 ? clock[2] : 0)
}

/// `2026-03-29T01:00Z`
func utcText(_ instant: Int64) -> String {
  let day = CivilDate(epochMilliseconds: instant * 1000)?.text ?? "?"
  let minute = (instant % 86_400 + 86_400) % 86_400 / 60
  func pad(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
  return "\(day)T\(pad(minute / 60)):\(pad(minute % 60))Z"
}
