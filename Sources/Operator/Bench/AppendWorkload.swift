/// Which streams the sessions of `bench append` write to.
enum AppendWorkload: CaseIterable, Sendable {
  /// Each session has its own; nobody ever meets.
  case privateStreams
  /// As many streams as sessions, each append to any of them.
  case sharedStreams
  /// All to one, each at the version it read.
  case hotStream
  /// All to one, at whatever version it has: nobody is refused, whoever comes second waits.
  case hotStreamAnyVersion

  var name: String {
    switch self {
    case .privateStreams: "private streams"
    case .sharedStreams: "shared streams"
    case .hotStream: "hot stream"
    case .hotStreamAnyVersion: "hot stream, any version"
    }
  }

  /// The number of the stream of one append; `die` is a random number.
  func stream(of session: Int, sessions: Int, die: Int) -> Int {
    switch self {
    case .privateStreams: session
    case .sharedStreams: die % sessions
    case .hotStream, .hotStreamAnyVersion: 0
    }
  }

  var expectsVersion: Bool { self != .hotStreamAnyVersion }
}
