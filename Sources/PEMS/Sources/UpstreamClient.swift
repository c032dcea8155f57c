import HTTP
import Runtime
import SyncDomain

/// Sends one request of a source and turns everything but a good answer into a `SourceError`.
struct UpstreamClient: Sendable {
  let definition: SourceDefinition
  let http: HTTPClient
  let clock: SourceClock

  /// Bytes of an upstream's own words that an error repeats.
  private static let quoteLimit = 200

  func send(_ request: HTTPRequest, organization: String) async throws(SourceError) -> HTTPResponse {
    var request = request
    if !definition.tenant.isEmpty { request.headers["tenant"] = definition.tenant }
    request.headers["organization"] = organization
    if let trace = Trace.current { request.headers["traceparent"] = trace }
    switch definition.auth {
    case .none: break
    case .basic(let user, let password): request.headers.setBasicAuth(user: user, password: password.revealed)
    case .apiKey(let header, let key): request.headers[header] = key.revealed
    }
    let answer: HTTPResponse
    do throws(HTTPError) {
      answer = try await http.send(request, limit: definition.maxResponseBytes)
    } catch {
      throw sourceError(error)
    }
    if (200...299).contains(answer.status) { return answer }
    throw statusError(answer)
  }

  /// The upstream's clock by its `Date` header, epoch milliseconds; nil without one.
  func serverTime(_ answer: HTTPResponse) -> Int64? {
    answer.headers["Date"].flatMap { RetryAfter.seconds($0, now: 0) }.map { Int64($0) * 1_000 }
  }

  /// What an alert of the service means (R12): by its words, because it has no other class.
  func alertError(_ alerts: [String]) -> SourceError {
    let text = alerts.joined(separator: "; ").lowercased()
    let says = { (words: [String]) in words.contains { text.contains($0) } }
    let message = "\(definition.name): the upstream answered with an alert: \(quoted(alerts.joined(separator: "; ")))"
    if UpstreamClient.isStale(text) { return staleError(alerts) }
    if says(["password", "login", "logon", "credential", "authoriz", "authoris", "authentic", "permission"]) {
      return SourceError(.upstreamAuth, message, hint: authHint)
    }
    if says(["timeout", "timed out", "try again", "temporar", "busy", "unavailable", "deadlock", "too many", "session"])
    {
      return SourceError(.upstreamErrorAlert, message, isTransient: true)
    }
    if text.contains("grid"), says(["not found", "does not exist", "unknown", "invalid"]) {
      return SourceError(.sourceNotFound, message, hint: "check the name of the grid")
    }
    return SourceError(.upstreamErrorAlert, message)
  }

  /// A question of the service that stands between a change and its effect.
  func confirmationError(_ alerts: [String]) -> SourceError {
    SourceError(
      .confirmationRequired,
      "\(definition.name): the upstream asks for a confirmation: \(quoted(alerts.joined(separator: "; ")))",
      hint: "make the change in the upstream, or change the edit")
  }

  private func staleError(_ alerts: [String]) -> SourceError {
    SourceError(
      .staleRecord,
      "\(definition.name): the record was modified by another user: \(quoted(alerts.joined(separator: "; ")))")
  }

  /// The service has no code for it, only words.
  private static func isStale(_ text: String) -> Bool {
    text.contains("modified by another user") || text.contains("changed by another user")
  }

  private var authHint: String {
    let names = definition.secretNames.isEmpty ? "" : " (\(definition.secretNames.joined(separator: ", ")))"
    return "mend the credentials\(names) or the rights of their user, and restart the workers, which read them at start"
      + "; nothing is retried by itself"
  }

  private func sourceError(_ error: HTTPError) -> SourceError {
    let message = "\(definition.name): \(error.message)"
    switch error.kind {
    case .timeout: return SourceError(.upstreamTimeout, message, isTransient: true)
    case .connect, .interrupted: return SourceError(.upstreamUnavailable, message, isTransient: true)
    case .tls: return SourceError(.upstreamUnavailable, message, hint: "check the certificate, or set caFile")
    case .tooLarge:
      return SourceError(.responseTooLarge, message, hint: "lower pageSize or raise maxResponseBytes")
    case .invalidRequest: return SourceError(.sourceNotConfigured, message, hint: "check url, tenant and auth")
    case .redirected: return SourceError(.upstreamRefused, message, hint: "set url to where it is redirected")
    case .cancelled, .refused: return SourceError(.cancelled, message)
    }
  }

  private func statusError(_ answer: HTTPResponse) -> SourceError {
    let wait = answer.headers["Retry-After"].flatMap { RetryAfter.seconds($0, now: clock.wallSeconds()) }
    let retryAfter = wait.map { Duration.seconds($0) }
    let alerts = (try? GridAnswer(answer.body.span))?.alerts ?? []
    let words = alerts.isEmpty ? "" : ": " + quoted(alerts.joined(separator: "; "))
    let message = "\(definition.name): the upstream answered \(answer.status)\(words)"
    if answer.status == 409 || answer.status == 412 || UpstreamClient.isStale(words.lowercased()) {
      return staleError(alerts)
    }
    switch answer.status {
    case 401, 403: return SourceError(.upstreamAuth, message, hint: authHint)
    case 404: return SourceError(.sourceNotFound, message, hint: "check the url of the source")
    case 408, 504: return SourceError(.upstreamTimeout, message, isTransient: true, retryAfter: retryAfter)
    case 429: return SourceError(.upstreamRateLimited, message, isTransient: true, retryAfter: retryAfter)
    case 425, 500...: return SourceError(.upstreamUnavailable, message, isTransient: true, retryAfter: retryAfter)
    default: return SourceError(.upstreamRefused, message)
    }
  }

  /// Somebody else's words, short, on one line, without our credentials (W12).
  private func quoted(_ text: String) -> String {
    var text = text
    switch definition.auth {
    case .none: break
    case .basic(_, let secret), .apiKey(_, let secret):
      if !secret.revealed.isEmpty { text = text.replacing(secret.revealed, with: "***") }
    }
    let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
    return String(line.prefix(UpstreamClient.quoteLimit))
  }
}
