/// `text` as a JSON string literal with its quotes; control characters are escaped.
package func jsonString(_ text: String) -> String {
  var out: [UInt8] = [0x22]
  for byte in text.utf8 {
    switch byte {
    case 0x22: out += [0x5C, 0x22]
    case 0x5C: out += [0x5C, 0x5C]
    case 0x0A: out += [0x5C, 0x6E]
    case 0x0D: out += [0x5C, 0x72]
    case 0x09: out += [0x5C, 0x74]
    case 0..<0x20, 0x7F:
      let hex = Array("0123456789abcdef".utf8)
      out += [0x5C, 0x75, 0x30, 0x30, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
    default: out.append(byte)
    }
  }
  out.append(0x22)
  return String(decoding: out, as: UTF8.self)
}

/// `text` as a JSON string literal that is also safe to show on a terminal: characters that would drive it (see
/// `isUnprintable`) are escaped, which changes nothing for a reader of JSON.
package func printableJSONString(_ text: String) -> String {
  let plain = jsonString(text)
  guard plain.unicodeScalars.contains(where: isUnprintable) else { return plain }
  var out = String.UnicodeScalarView()
  for scalar in plain.unicodeScalars {
    guard isUnprintable(scalar) else {
      out.append(scalar)
      continue
    }
    for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
      out.append(contentsOf: ("\\u" + leftPad(String(unit, radix: 16), 4, "0")).unicodeScalars)
    }
  }
  return String(out)
}
