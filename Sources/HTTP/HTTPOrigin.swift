import CLibCurl

/// Scheme, host and port of a URL: what must stay the same for credentials to be sent along.
package struct HTTPOrigin: Equatable, Sendable {
  package let scheme: String
  package let host: String
  package let port: String

  /// nil when the text is not an absolute http or https URL.
  package init?(_ url: String) {
    guard let parts = HTTPOrigin.parts(url) else { return nil }
    self = parts.origin
  }

  /// The URL without user, password, query and fragment, for messages; a fixed text when it cannot be read.
  package static func withoutSecrets(_ url: String) -> String {
    guard let (origin, path) = parts(url) else { return "(invalid URL)" }
    return "\(origin.scheme)://\(origin.host):\(origin.port)\(path)"
  }

  private static func parts(_ url: String) -> (origin: HTTPOrigin, path: String)? {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
    func part(_ which: CURLUPart) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(handle, which, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
      defer { curl_free(text) }
      return String(cString: text)
    }
    guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https", let host = part(CURLUPART_HOST),
      let port = part(CURLUPART_PORT), let path = part(CURLUPART_PATH)
    else { return nil }
    return (HTTPOrigin(scheme: scheme, host: host.lowercased(), port: port), path)
  }

  private init(scheme: String, host: String, port: String) {
    self.scheme = scheme
    self.host = host
    self.port = port
  }
}
