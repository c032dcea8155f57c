import FoundationEssentials
import Glibc

/// RFC 3339 in UTC with milliseconds, for example `2026-01-31T09:30:00.250Z`. A date outside ±292,000 years shows as
/// 1970.
package func timestamp(_ time: Date) -> String {
  // Through whole microseconds, which a Date holds exactly enough: cutting off directly would turn .001 into .000.
  let microseconds = (time.timeIntervalSince1970 * 1_000_000).rounded()
  let milliseconds = (Int64(exactly: microseconds) ?? 0).quotientFloor(1000)
  var seconds = time_t(milliseconds.quotientFloor(1000))
  var parts = tm()
  gmtime_r(&seconds, &parts)
  func pad(_ value: Int, _ width: Int) -> String { leftPad(String(value), width, "0") }
  let date = "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))"
  let clock = "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))"
  return "\(date)T\(clock).\(pad(Int(milliseconds - Int64(seconds) * 1000), 3))Z"
}

extension Int64 {
  fileprivate func quotientFloor(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
