/// What a broker with SASL PLAIN says to requests; pure.
struct SASLExchange: Sendable {
  enum Answer: Equatable {
    case forward
    case reply([UInt8])
    case letIn([UInt8])
    case refuse([UInt8])
    case hangUp
  }

  /// What PLAIN sends: an empty identity, the name and the password, each behind a zero byte.
  let login: String
  let front: Int
  let behind: Int

  private static let (handshake, authenticate): (Int16, Int16) = (17, 36)

  func answer(_ request: KafkaFrame, isIn: Bool) -> Answer {
    let body = request.body
    switch request.api {
    case KafkaFrame.apiVersions: return .forward
    case Self.handshake:
      let isPlain = body.suffix(5).elementsEqual("PLAIN".utf8)
      return .reply(
        bigEndian(request.correlation) + bigEndian(Int16(isPlain ? 0 : 33)) + bigEndian(Int32(1)) + text("PLAIN"))
    case Self.authenticate:
      // The token's length stands in front of it.
      let isRight = body.dropFirst(4).elementsEqual(login.utf8)
      let lifetime = request.version >= 1 ? bigEndian(Int64(0)) : []
      if isRight {
        return .letIn(
          bigEndian(request.correlation) + bigEndian(Int16(0)) + bigEndian(Int16(-1)) + bigEndian(Int32(0)) + lifetime)
      }
      return .refuse(
        bigEndian(request.correlation) + bigEndian(Int16(58)) + text(SASLBroker.refusal) + bigEndian(Int32(0))
          + lifetime)
    default: return isIn ? .forward : .hangUp
    }
  }

  /// The broker's answer with our port for its own; `versions`: it answers an ApiVersions request of this version, and
  /// gets the two requests it does not know itself.
  func disguised(_ answer: [UInt8], versions: Int16?) -> [UInt8] {
    var bytes = answer
    if let versions { bytes = extended(bytes, isCompact: versions >= 3) }
    let (own, ours) = (Array("127.0.0.1".utf8) + bigEndian(Int32(behind)), bigEndian(Int32(front)))
    var place = 0
    while place + own.count <= bytes.count {
      if bytes[place] == own[0], bytes[place..<place + own.count].elementsEqual(own) {
        bytes.replaceSubrange(place + own.count - 4..<place + own.count, with: ours)
      }
      place += 1
    }
    return bytes
  }

  /// Behind the correlation and the error stands the number of the entries, each a request and its range of versions.
  private func extended(_ answer: [UInt8], isCompact: Bool) -> [UInt8] {
    let isRefused = answer.count < 10 || answer[4...5].contains { $0 != 0 }
    let tail: [UInt8] = isCompact && !isRefused ? [0] : []
    let entries = [Self.handshake, Self.authenticate].flatMap {
      bigEndian($0) + bigEndian(Int16(0)) + bigEndian(Int16(1)) + tail
    }
    guard !tail.isEmpty else {
      guard answer.count >= 10 else { return answer }
      let count = answer[6...9].reduce(Int32(0)) { $0 << 8 | Int32($1) }
      return Array(answer[..<6]) + bigEndian(count + 2) + entries + answer[10...]
    }
    return Array(answer[..<6]) + [answer[6] + 2] + entries + answer[7...]
  }

  private func text(_ text: String) -> [UInt8] { bigEndian(Int16(text.utf8.count)) + Array(text.utf8) }
}
