import HTTP
import Runtime

/// What a person sends with a decision. Pure.
struct ActForm: Sendable, Equatable {
  let actor: String
  let reason: String
  let token: String

  /// nil when the body is not a form with all three; names and reasons are one line each.
  init?(_ call: HTTPCall) {
    let type = call.headers["Content-Type"]?.split(separator: ";").first.map { $0.lowercased() }
    guard type == "application/x-www-form-urlencoded" else { return nil }
    let fields = ActForm.fields(call.body)
    guard let actor = fields["actor"], let reason = fields["reason"], let token = fields["token"],
      !actor.isEmpty, !reason.isEmpty, actor.utf8.count <= 400, reason.utf8.count <= 2_000,
      !(actor + reason).unicodeScalars.contains(where: isUnprintable)
    else { return nil }
    self.actor = actor
    self.reason = reason
    self.token = token
  }

  /// Whether another site made the browser send this. Without the token it would be refused anyway.
  static func isForeign(_ headers: HTTPHeaders) -> Bool {
    if let site = headers["Sec-Fetch-Site"], site != "same-origin", site != "none" { return true }
    guard let origin = headers["Origin"] else { return false }
    let host = headers["Host"] ?? ""
    return origin != "http://\(host)" && origin != "https://\(host)"
  }

  /// The first of each name; what is no UTF-8 is left out.
  private static func fields(_ body: [UInt8]) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in body.split(separator: UInt8(ascii: "&")) {
      let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, let name = decoded(halves[0]), let value = decoded(halves[1]), fields[name] == nil else {
        continue
      }
      fields[name] = value
    }
    return fields
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
    var out: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): out.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
        out.append(high << 4 | low)
      default: out.append(byte)
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
  }
}

/// Whether two texts are the same, in a time that does not tell where they differ.
func isEqualInConstantTime(_ given: String, _ secret: String) -> Bool {
  let (given, secret) = (Array(given.utf8), Array(secret.utf8))
  guard !secret.isEmpty else { return false }
  var difference = UInt(bitPattern: given.count ^ secret.count)
  for (index, byte) in given.enumerated() { difference |= UInt(byte ^ secret[index % secret.count]) }
  return difference == 0
}
