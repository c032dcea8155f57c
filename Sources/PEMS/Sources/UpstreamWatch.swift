/// Who is told how the upstream of one run does.
package protocol UpstreamWatch: Sendable {
  /// It failed, and is asked again after a wait.
  func fails(_ error: SourceError, askedAgainIn wait: Duration) async
  /// It answered. Told of each page, so it must be cheap.
  func answers() async
}
