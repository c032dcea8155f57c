/// One request the client sends.
package struct HTTPRequest: Sendable {
  package var method: String
  /// Absolute, http or https.
  package var url: String
  package var headers: HTTPHeaders
  /// nil: no body.
  package var body: [UInt8]?
  /// Replaces the client's limit for the whole request; nil: the client's own.
  package var timeout: Duration?
  /// Whether sending it twice does no harm. Only then is it sent on a kept connection, where libcurl silently repeats
  /// a request whose connection turns out to be closed. Default: GET and HEAD.
  package var isRepeatable: Bool

  package init(
    _ method: String, _ url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil, timeout: Duration? = nil,
    isRepeatable: Bool? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.isRepeatable = isRepeatable ?? (method == "GET" || method == "HEAD")
  }
}

/// One answer: any status counts as an answer, errors are `HTTPError`.
package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  /// Decompressed. Empty when the body was streamed to a callback.
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why there was no answer. The message names method, host and path, never a query, a header or a credential.
package struct HTTPError: Error, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    /// The URL, the method or a header is not valid; nothing was sent.
    case invalidRequest
    /// Name not found, connection refused, no route.
    case connect
    /// The connect or the request limit ran out.
    case timeout
    /// Certificate or handshake.
    case tls
    /// The body is longer than the caller allows.
    case tooLarge
    /// The connection ended, or the answer broke off, half-way.
    case interrupted
    /// The server sends us to another host.
    case redirected
    /// The task was cancelled.
    case cancelled
    /// The caller's body callback refused a chunk.
    case refused
  }

  package let kind: Kind
  package let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }
}
