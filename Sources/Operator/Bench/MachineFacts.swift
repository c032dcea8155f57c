import Glibc
import Runtime

/// What the figures of a benchmark were measured on, and of which build.
enum MachineFacts {
  static var conditions: [(name: String, value: Cell)] {
    [
      ("version", .text(BuildInfo.version)), ("revision", .text(BuildInfo.revision)),
      ("cores", .integer(Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))))),
      ("cpu", .text(processor)),
      ("memory_mb", .integer((Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))) >> 20)),
    ]
  }

  private static var processor: String? {
    guard let text = try? readTextFile("/proc/cpuinfo", limit: 16 << 20) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("CPU implementer") }
    return line?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
  }
}
