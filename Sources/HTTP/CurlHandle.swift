import CLibCurl
import Runtime

/// The one owner of an easy handle and of the multi handle that drives it.
///
/// The multi handle keeps the connections between requests and can be woken from another thread; everything else
/// belongs to one thread.
struct CurlHandle: ~Copyable {
  private let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer

  /// libcurl's global state, made once; the language guards a static let.
  private static let started: Bool = shim_curl_start() == CURLE_OK

  init() {
    // Both fail only without memory.
    guard CurlHandle.started, let easy = curl_easy_init(), let multi = curl_multi_init() else {
      preconditionFailure("libcurl cannot start")
    }
    self.easy = easy
    self.multi = multi
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
  }

  /// Ends a wait inside `perform` early. Safe from any thread while the handle lives.
  func wake() { curl_multi_wakeup(multi) }

  /// Sends one request and blocks until it has ended; `isCancelled` is asked at each turn of the loop.
  func perform(
    _ request: HTTPRequest, options: HTTPClient.Options, into transfer: CurlTransfer, isCancelled: () -> Bool
  ) throws(HTTPError) {
    curl_easy_reset(easy)
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    for line in try headerLines(request) { list = curl_slist_append(list, line) }
    shim_curl_set_pointer(easy, CURLOPT_HTTPHEADER, list)
    try configure(request, options)
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    defer { errorText.deallocate() }
    shim_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    shim_curl_set_writer(easy, CURLOPT_HEADERFUNCTION, curlHeaderCallback)
    shim_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    shim_curl_set_writer(easy, CURLOPT_WRITEFUNCTION, curlBodyCallback)
    shim_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    let result = withExtendedLifetime(transfer) { run(isCancelled) }
    // Nothing may point to this frame when the next request starts.
    shim_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, nil)
    guard let result else { throw HTTPError(.cancelled, "\(place(request)): cancelled") }
    guard result != CURLE_OK else { return }
    throw error(result, String(cString: errorText), request, transfer)
  }

  /// Where a 3xx answer points, absolute; nil when it points nowhere.
  func redirectURL() -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard shim_curl_get_string(easy, CURLINFO_REDIRECT_URL, &text) == CURLE_OK, let text else { return nil }
    return String(cString: text)
  }

  /// nil when cancelled.
  private func run(_ isCancelled: () -> Bool) -> CURLcode? {
    guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return CURLE_FAILED_INIT }
    defer { curl_multi_remove_handle(multi, easy) }
    while !isCancelled() {
      var running: Int32 = 0
      guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
      let finished = shim_curl_finished(multi)
      if finished >= 0 { return CURLcode(rawValue: UInt32(finished)) }
      // libcurl shortens the wait to its own next timer.
      guard curl_multi_poll(multi, nil, 0, 60_000, nil) == CURLM_OK else { return CURLE_FAILED_INIT }
    }
    return nil
  }

  private func configure(_ request: HTTPRequest, _ options: HTTPClient.Options) throws(HTTPError) {
    shim_curl_set_pointer(easy, CURLOPT_URL, request.url)
    shim_curl_web_only(easy)
    shim_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    shim_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    shim_curl_set_pointer(easy, CURLOPT_ACCEPT_ENCODING, "gzip")
    shim_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
    shim_curl_set_long(easy, CURLOPT_TIMEOUT_MS, (request.timeout ?? options.requestTimeout).milliseconds)
    if !request.isRepeatable { shim_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
    if let file = options.caFile { shim_curl_set_pointer(easy, CURLOPT_CAINFO, file) }
    if request.method == "HEAD" { shim_curl_set_long(easy, CURLOPT_NOBODY, 1) }
    if let body = request.body {
      shim_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      let copied = body.withUnsafeBytes { buffer in
        // An empty array has no address, and a null pointer would mean "read from a callback".
        buffer.baseAddress.map { shim_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0) }
          ?? shim_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, "")
      }
      guard copied == CURLE_OK else { throw HTTPError(.invalidRequest, "\(place(request)): the body does not fit") }
    }
    if request.method != "HEAD" { shim_curl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, request.method) }
  }

  /// The lines as libcurl wants them. A line break in a name or value would be a second header: refused.
  private func headerLines(_ request: HTTPRequest) throws(HTTPError) -> [String] {
    let isToken = { (text: String) in
      !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
    }
    guard isToken(request.method) else { throw HTTPError(.invalidRequest, "the method is not a word") }
    guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw HTTPError(.invalidRequest, "\(request.method): the URL holds spaces or control characters")
    }
    var lines = ["Expect:"]
    for field in request.headers.fields {
      guard isToken(field.name), field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw HTTPError(.invalidRequest, "\(place(request)): header \(jsonString(field.name)) is not valid")
      }
      lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    // Otherwise libcurl declares every body to be a form.
    if request.body != nil && request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
    return lines
  }

  private func error(
    _ code: CURLcode, _ detail: String, _ request: HTTPRequest, _ transfer: CurlTransfer
  ) -> HTTPError {
    let words = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    switch code {
    case CURLE_WRITE_ERROR where transfer.stop == .tooLarge:
      return HTTPError(.tooLarge, "\(place(request)): the answer is larger than the limit")
    case CURLE_WRITE_ERROR where transfer.stop == .refused:
      return HTTPError(.refused, "\(place(request)): the rest of the answer was not wanted")
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED:
      return HTTPError(.connect, "\(place(request)): \(words)")
    case CURLE_OPERATION_TIMEDOUT:
      return HTTPError(.timeout, "\(place(request)): \(words)")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ISSUER_ERROR:
      return HTTPError(.tls, "\(place(request)): \(words)")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
      // libcurl's text may quote the URL here.
      return HTTPError(.invalidRequest, "\(request.method): the URL is not a valid http or https URL")
    default:
      return HTTPError(.interrupted, "\(place(request)): \(String(cString: curl_easy_strerror(code)))")
    }
  }

  private func place(_ request: HTTPRequest) -> String { "\(request.method) \(HTTPOrigin.withoutSecrets(request.url))" }
}

extension Duration {
  fileprivate var milliseconds: Int {
    let (seconds, attoseconds) = components
    return max(
      1,
      Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
        + Int(attoseconds / 1_000_000_000_000_000))
  }
}
