import CLibCurl

/// What the callbacks of one transfer collect: status, headers and body chunks, within limits.
///
/// Used by one thread at a time; libcurl calls back on the thread that performs.
final class CurlTransfer {
  /// libcurl accepts header lines without end; nobody sends more than this on purpose.
  static let maximumHeaderBytes = 256 << 10

  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  private(set) var headerBytes = 0
  private(set) var bodyBytes = 0
  /// Why a callback stopped the transfer.
  private(set) var stop: HTTPError.Kind?

  private let maximumBodyBytes: Int
  private let sink: (HTTPResponse, [UInt8]) -> Bool

  /// `sink` gets the head (status and headers) and a chunk; false refuses the rest.
  init(maximumBodyBytes: Int, sink: @escaping (HTTPResponse, [UInt8]) -> Bool) {
    self.maximumBodyBytes = maximumBodyBytes
    self.sink = sink
  }

  var head: HTTPResponse { HTTPResponse(status: status, headers: headers) }

  /// False stops the transfer.
  func header(_ line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.maximumHeaderBytes else {
      stop = .tooLarge
      return false
    }
    var text = String(decoding: line, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    if text.hasPrefix("HTTP/") {  // A new head: interim answers (100 Continue) come before the real one.
      headers = HTTPHeaders()
      status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    } else if let colon = text.firstIndex(of: ":") {
      let value = text[text.index(after: colon)...].drop(while: \.isWhitespace)
      headers.add(String(text[..<colon]), String(value))
    }
    return true
  }

  /// False stops the transfer.
  func body(_ chunk: UnsafeRawBufferPointer) -> Bool {
    bodyBytes += chunk.count
    guard bodyBytes <= maximumBodyBytes else {
      stop = .tooLarge
      return false
    }
    guard sink(head, Array(chunk)) else {
      stop = .refused
      return false
    }
    return true
  }
}

private func bytes(_ start: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int) -> UnsafeRawBufferPointer {
  UnsafeRawBufferPointer(start: start, count: size * count)
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
  context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
}

/// `CURLOPT_HEADERFUNCTION`; a count other than the one given stops the transfer.
let curlHeaderCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
  start, size, count, user in
  transfer(user)?.header(bytes(start, size, count)) == true ? size * count : 0
}

/// `CURLOPT_WRITEFUNCTION`.
let curlBodyCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
  start, size, count, user in
  transfer(user)?.body(bytes(start, size, count)) == true ? size * count : 0
}
