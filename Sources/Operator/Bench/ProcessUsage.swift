import FoundationEssentials
import Glibc
import Runtime

/// CPU time and memory of other processes, from `/proc`.
enum ProcessUsage {
  /// User and system seconds of a process so far; 0 when it is gone. With `children` also those of its present children
  /// and of the ones it has waited for: all of a PostgreSQL server.
  static func cpuSeconds(_ pid: Int32, children: Bool = false) -> Double {
    guard let fields = status(pid) else { return 0 }
    // Numbered as in proc(5), less the two before the state: 14 utime, 15 stime, 16 cutime, 17 cstime.
    let own = fields[11] + fields[12]
    guard children else { return own / ticks }
    let dead = fields[13] + fields[14]
    return (own + dead) / ticks + self.children(of: pid).reduce(0) { $0 + cpuSeconds($1) }
  }

  /// The largest resident size a process ever had, in bytes; nil when it is gone.
  static func peakMemory(_ pid: Int32) -> Int64? {
    guard let text = try? readTextFile("/proc/\(pid)/status"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    else { return nil }
    return Int64(number).map { $0 * 1024 }
  }

  static func children(of pid: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { status($0).map { Int32($0[1]) == pid } ?? false }
  }

  private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

  /// The fields behind the name, which may hold anything: state (as 0), parent, …
  private static func status(_ pid: Int32) -> [Double]? {
    guard let text = try? readTextFile("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
    return fields.count > 14 ? fields : nil
  }
}
