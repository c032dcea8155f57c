import SyncDomain

/// Texts and bytes that try to be something else than data.
enum HostileText {
  static let injections = [
    "'); DROP TABLE pfa_mirror; --", "\"; DROP SCHEMA public CASCADE; --", "' OR '1'='1", "$1", "$$; SELECT 1; $$",
    "\\'; COMMIT; --", "%s%n{}", "${jndi:ldap://x}", "'||(SELECT passwd FROM pg_shadow)||'", "a\u{2028}b\u{202E}c",
    "E'\\\\x00'", "RIO'/*", "*/;SET ROLE postgres;", "../../etc/passwd", "\u{1}\u{1F}\u{7F}", "𝄞\u{301}é", "NULL", "{}",
  ]

  /// A JSON string that holds the text.
  static func quoted(_ text: String) -> String { String(decoding: JSONValue.string(text).canonical(), as: UTF8.self) }

  static func injection(_ random: inout SplitMix64) -> String { injections[random.below(injections.count)] }

  static func bytes(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// JSON of some depth whose brackets may or may not match.
  static func nested(_ random: inout SplitMix64) -> String {
    let depth = [10, 600, 5_000, 60_000][random.below(4)]
    let (open, close) = random.below(2) == 0 ? ("[", "]") : (#"{"a":"#, "}")
    let inner = open == "[" ? "" : "1"
    return String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
  }

  static let numbers = [
    "1e400000", "-1e999999999", "123456789012345678901234567890", "0.000000000000000000000000000000000001", "-0",
    "1E+2",
    "9223372036854775808", "1e131072", "-9223372036854775809",
  ]
}
