/// libpq connection strings: built from the `PG*` variables, and shown without their passwords.
package enum ConnectionString {
  /// The variables libpq 15 knows and the keyword each stands for.
  package static let variables: [(name: String, keyword: String)] = [
    ("PGHOST", "host"), ("PGHOSTADDR", "hostaddr"), ("PGPORT", "port"), ("PGDATABASE", "dbname"), ("PGUSER", "user"),
    ("PGPASSWORD", "password"), ("PGPASSFILE", "passfile"), ("PGSERVICE", "service"), ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"), ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGCLIENTENCODING", "client_encoding"),
    ("PGCHANNELBINDING", "channel_binding"), ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGREQUIREPEER", "requirepeer"), ("PGSSLMODE", "sslmode"), ("PGSSLCERT", "sslcert"), ("PGSSLKEY", "sslkey"),
    ("PGSSLROOTCERT", "sslrootcert"), ("PGSSLCRL", "sslcrl"), ("PGSSLCRLDIR", "sslcrldir"), ("PGSSLSNI", "sslsni"),
    ("PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"), ("PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"),
    ("PGGSSENCMODE", "gssencmode"), ("PGKRBSRVNAME", "krbsrvname"),
  ]

  /// Any one of these says which server is meant; the others only say how to talk to it.
  package static let naming: Set<String> = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"]

  /// `keyword='value' …` with libpq's quoting.
  package static func keywords(_ pairs: [(String, String)]) -> String {
    pairs.map { name, value in
      "\(name)='\(value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }.joined(separator: " ")
  }

  /// The string with its passwords shown as `***`. Rather hides too much than too little when it is malformed.
  package static func masked(_ text: String) -> String {
    printable(isURL(text) ? maskedURL(text) : maskedKeywords(text))
  }

  package static func isURL(_ text: String) -> Bool {
    text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
  }

  private static func maskedURL(_ text: String) -> String {
    guard let scheme = text.firstRange(of: "://") else { return "***" }
    var rest = text[scheme.upperBound...]
    var out = String(text[..<scheme.upperBound])
    // A slash in a password must be encoded; if it is not, the last @ still ends the part that may hold one.
    let authority = rest.prefix { $0 != "/" }
    let end = authority.lastIndex(of: "@") ?? (authority.contains(":") ? rest.lastIndex(of: "@") : nil)
    if let end {
      let user = rest[..<end].prefix { $0 != ":" }
      out += user.endIndex == end ? user : user + ":***"
      rest = rest[end...]
    }
    guard let query = rest.firstIndex(of: "?") else { return out + rest }
    let parameters = rest[rest.index(after: query)...].split(separator: "&", omittingEmptySubsequences: false)
    let shown = parameters.map { parameter in
      guard let equals = parameter.firstIndex(of: "=") else { return String(parameter) }
      return isSecret(parameter[..<equals]) ? parameter[...equals] + "***" : String(parameter)
    }
    return out + rest[...query] + shown.joined(separator: "&")
  }

  private static func maskedKeywords(_ text: String) -> String {
    var out = ""
    var rest = Substring(text)
    while let equals = rest.firstIndex(of: "=") {
      let name = rest[..<equals]
      out += rest[...equals]
      rest = rest[rest.index(after: equals)...]
      let value = takeValue(&rest)
      out += isSecret(name) ? "***" : value
    }
    return out + rest
  }

  /// Takes one value off the front: blanks, then a quoted or a bare word; a backslash protects the character behind it.
  private static func takeValue(_ rest: inout Substring) -> Substring {
    let start = rest.startIndex
    rest = rest.drop(while: \.isWhitespace)
    let isQuoted = rest.first == "'"
    if isQuoted { rest = rest.dropFirst() }
    while let character = rest.first {
      if !isQuoted && character.isWhitespace { break }
      rest = rest.dropFirst(character == "\\" ? 2 : 1)
      if isQuoted && character == "'" { break }
    }
    return Substring(rest.base[start..<rest.startIndex])
  }

  private static func isSecret(_ keyword: Substring) -> Bool {
    let name = keyword.split(whereSeparator: \.isWhitespace).last?.lowercased() ?? ""
    return name.hasSuffix("password") || name.contains("secret")
  }
}
