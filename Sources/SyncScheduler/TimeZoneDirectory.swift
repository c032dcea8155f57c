import PEMS
import SyncDomain

/// The time zones this machine knows: the compiled time zone database, read by us, because neither glibc's functions
/// nor FoundationEssentials compute in a zone that is not the process's own.
struct TimeZoneDirectory: Sendable {
  let path: String

  /// `TZDIR` as in glibc, else the place where Linux has it.
  init(environment: [String: String]) {
    path = environment["TZDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/share/zoneinfo"
  }

  /// Throws why there is no such zone. UTC is always there. Blocks for reading a small file.
  func zone(_ name: String) throws(CronFault) -> TimeZoneRules {
    if name == "UTC" { return .utc }
    let isName = !name.hasPrefix("/") && !name.contains("..") && !name.isEmpty && name.utf8.allSatisfy(isNameByte)
    guard isName, let bytes = SmallFile.read(path + "/" + name) else {
      throw CronFault(reason: "there is no time zone \"\(name)\" in \(path); is the package tzdata installed?")
    }
    guard let rules = TimeZoneFile.parse(bytes, name: name) else {
      throw CronFault(reason: "\(path)/\(name) is no time zone file")
    }
    return rules
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "_+-/".utf8.contains(byte)
  }
}
