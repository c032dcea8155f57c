import CLibMicroHTTPD
import Runtime

/// A request as the server received it, complete with its body.
package struct HTTPCall: Sendable {
  package let method: String
  /// Percent-decoded, begins with `/`, without the query.
  package let path: String
  /// Decoded, in order.
  package let query: [(name: String, value: String)]
  package let headers: HTTPHeaders
  package let body: [UInt8]

  /// The first value of that query parameter; nil when there is none.
  package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// What the server answers.
package struct HTTPReply: Sendable {
  /// One step of a streamed body.
  package enum Step: Sendable {
    case chunk([UInt8])
    case end
    /// Closes the connection at once, so that the client sees a broken answer.
    case abort
  }

  package enum Body: Sendable {
    case bytes([UInt8])
    /// Chunked; the closure is called on the server's thread until it says `end`, so it must not block.
    case stream(@Sendable () -> Step)
    /// The connection is closed without an answer.
    case hangUp
  }

  package var status: Int
  package var headers: HTTPHeaders
  package var body: Body

  package init(status: Int, headers: HTTPHeaders = [:], body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package static func text(_ text: String, status: Int = 200) -> HTTPReply {
    HTTPReply(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
  }

  package static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPReply {
    HTTPReply(status: status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
  }
}

/// One request on its way through the server: collects the body, then carries the reply.
///
/// The server's thread and the task that answers take turns; MHD's suspend and resume are the hand-over.
final class HTTPExchange: @unchecked Sendable {
  private(set) var body: [UInt8] = []
  private(set) var isTooLarge = false
  var isStarted = false
  let reply = Locked<HTTPReply?>(nil)

  /// Above the limit the rest is read and dropped.
  func receive(_ chunk: UnsafeRawBufferPointer, limit: Int) {
    isTooLarge = isTooLarge || body.count + chunk.count > limit
    if isTooLarge { body = [] } else { body += chunk }
  }

  func refuse() { isTooLarge = true }
}

extension HTTPReply {
  /// Queues this reply on a connection that is not suspended.
  func send(on connection: OpaquePointer) -> MHD_Result {
    guard let response = makeResponse() else { return .NO }
    defer { MHD_destroy_response(response) }
    for field in headers.fields { MHD_add_response_header(response, field.name, field.value) }
    return MHD_queue_response(connection, UInt32(status), response)
  }

  private func makeResponse() -> OpaquePointer? {
    switch body {
    case .bytes(let bytes):
      return bytes.withUnsafeBytes { buffer in
        MHD_create_response_from_buffer(
          buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .stream(let next):
      let context = Unmanaged.passRetained(BodyStream(next)).toOpaque()
      return MHD_create_response_from_callback(
        shim_mhd_size_unknown, 64 << 10,
        { context, _, buffer, size in
          guard let context, let buffer else { return shim_mhd_stream_error }
          return Unmanaged<BodyStream>.fromOpaque(context).takeUnretainedValue()
            .fill(UnsafeMutableRawBufferPointer(start: buffer, count: size))
        }, context,
        { context in
          if let context { Unmanaged<BodyStream>.fromOpaque(context).release() }
        })
    case .hangUp:
      return nil
    }
  }
}

/// Cuts the chunks of a streamed body to the size the server asks for.
private final class BodyStream {
  private let next: @Sendable () -> HTTPReply.Step
  private var rest: ArraySlice<UInt8> = []

  init(_ next: @escaping @Sendable () -> HTTPReply.Step) { self.next = next }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    while rest.isEmpty {
      switch next() {
      case .chunk(let bytes): rest = bytes[...]
      case .end: return shim_mhd_stream_end
      case .abort: return shim_mhd_stream_error
      }
    }
    let count = min(buffer.count, rest.count)
    buffer.copyBytes(from: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }
}
