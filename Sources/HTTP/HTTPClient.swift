import Runtime

/// An HTTP client over libcurl, for calls to an upstream.
///
/// Each concurrent call runs on a lane: a thread of its own with a reused handle, so nothing blocks the cooperative
/// pool and connections are kept. Certificates are verified, gzip is accepted, redirects are followed on the same
/// origin only. A call ends early when its task is cancelled.
package final class HTTPClient: Sendable {
  package struct Options: Sendable {
    /// For name lookup, TCP and TLS together. Default: 5 s.
    package var connectTimeout: Duration = .seconds(5)
    /// For the whole exchange. Default: 30 s.
    package var requestTimeout: Duration = .seconds(30)
    /// PEM file with the certificate authorities to trust; nil: the system's.
    package var caFile: String?
    /// Lanes (threads, connections) kept while nothing is running. Default: 4.
    package var idleLanes = 4
    /// Hops on the same origin before giving up. Default: 5.
    package var maximumRedirects = 5

    package init() {}
  }

  /// 64 MiB: several times a page of 10,000 records.
  package static let defaultBodyLimit = 64 << 20

  private let options: Options
  private let idle = Locked<[HTTPLane]>([])

  package init(_ options: Options = Options()) { self.options = options }

  /// Sends and collects the answer. A body above `limit` bytes (after decompression) is `tooLarge`.
  package func send(
    _ request: HTTPRequest, limit: Int = HTTPClient.defaultBodyLimit
  ) async throws(HTTPError) -> HTTPResponse {
    let body = Locked<[UInt8]>([])
    var answer = try await stream(request, limit: limit) { _, chunk in
      body.with { $0 += chunk }
      return true
    }
    answer.body = body.with { $0 }
    return answer
  }

  /// Sends and hands the answer on in chunks of about 16 KiB, each with the head, on the lane's thread; a slow
  /// `onChunk` slows the sender down. False from `onChunk` ends the call with `refused`.
  package func stream(
    _ request: HTTPRequest, limit: Int, onChunk: @escaping @Sendable (_ head: HTTPResponse, _ chunk: [UInt8]) -> Bool
  ) async throws(HTTPError) -> HTTPResponse {
    let lane = idle.with { $0.popLast() } ?? HTTPLane(options)
    let cancelled = Locked(false)
    let result: Result<HTTPResponse, HTTPError> = await withTaskCancellationHandler {
      do throws(HTTPError) {
        return .success(try await lane.perform(request, limit: limit, cancelled: cancelled, onChunk: onChunk))
      } catch {
        return .failure(error)
      }
    } onCancel: {
      cancelled.with { $0 = true }
      lane.wake()
    }
    idle.with { lanes in
      if lanes.count < options.idleLanes { lanes.append(lane) }
    }
    return try result.get()
  }
}

/// One thread with one curl handle.
private actor HTTPLane {
  private let executor: ThreadExecutor
  private let options: HTTPClient.Options
  private nonisolated let handle: HandleBox

  /// The handle is used on this actor's thread only, but for `wake`, which libcurl allows from anywhere.
  private final class HandleBox: @unchecked Sendable {
    let handle = CurlHandle()
  }

  init(_ options: HTTPClient.Options) {
    executor = ThreadExecutor(name: "http-client")
    handle = HandleBox()
    self.options = options
  }

  deinit { executor.stop() }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  nonisolated func wake() { handle.handle.wake() }

  func perform(
    _ request: HTTPRequest, limit: Int, cancelled: Locked<Bool>,
    onChunk: @escaping @Sendable (HTTPResponse, [UInt8]) -> Bool
  ) throws(HTTPError) -> HTTPResponse {
    var request = request
    for _ in 0...options.maximumRedirects {
      // The body of a redirect is nobody's answer.
      let transfer = CurlTransfer(maximumBodyBytes: limit) { head, chunk in
        HTTPLane.follows(head.status, request.method) || onChunk(head, chunk)
      }
      try handle.handle.perform(request, options: options, into: transfer) { cancelled.with { $0 } }
      guard HTTPLane.follows(transfer.status, request.method), let target = handle.handle.redirectURL() else {
        return transfer.head
      }
      guard HTTPOrigin(target) == HTTPOrigin(request.url) else {
        throw HTTPError(
          .redirected,
          "\(request.method) \(HTTPOrigin.withoutSecrets(request.url)): redirected to another host, not followed")
      }
      request.url = target
    }
    throw HTTPError(
      .redirected, "\(request.method) \(HTTPOrigin.withoutSecrets(request.url)): too many redirects")
  }

  /// 301, 302 and 303 may turn a POST into a GET, so they are followed for GET and HEAD only; 307 and 308 repeat the
  /// request.
  private static func follows(_ status: Int, _ method: String) -> Bool {
    switch status {
    case 301, 302, 303: method == "GET" || method == "HEAD"
    case 307, 308: true
    default: false
    }
  }
}
