/// One thing that `doctor` looked at.
struct Check: Sendable, Equatable {
  enum Status: String, Sendable {
    case ok
    /// Worth knowing, nothing to do.
    case note
    /// Something is not right, work goes on.
    case warning
    /// Something is wrong.
    case error
    /// Postgres or Kafka does not answer.
    case unreachable
  }

  let name: String
  let status: Status
  let detail: String
  /// What to do; nil when there is nothing to do.
  let remedy: String?

  init(_ name: String, _ status: Status, _ detail: String, remedy: String? = nil) {
    self.name = name
    self.status = status
    self.detail = detail
    self.remedy = remedy
  }

  static let columns = [
    Column("name"), Column("status"), Column("detail", fit: .wrap), Column("remedy", fit: .below),
  ]
  var cells: [Cell] { [.text(name), .text(status.rawValue), .text(detail), .text(remedy)] }

  /// Unreachable beats findings, which beat success.
  static func exitCode(_ checks: [Check]) -> ExitCode {
    if checks.contains(where: { $0.status == .unreachable }) { return .unreachable }
    return checks.contains { $0.status == .warning || $0.status == .error } ? .findings : .ok
  }

  /// The last line, which says no more than the rows do: a note has a remedy too.
  static func summary(_ checks: [Check]) -> String {
    guard exitCode(checks) == .ok else { return "see the remedies" }
    let notes = checks.count { $0.status == .note }
    return notes == 0 ? "everything is in order" : "nothing is broken; \(counted(notes, "note"))"
  }

  /// The check that the body makes; one that fails instead is a finding itself. Only cancellation passes through.
  static func of(_ name: String, _ body: () async throws -> Check) async throws -> Check {
    do {
      return try await body()
    } catch let error as CancellationError {
      throw error
    } catch {
      return failed(name, error)
    }
  }

  /// A check that could not be made.
  static func failed(_ name: String, _ error: any Error) -> Check {
    let errors = CommandError.explain(error, rules: ErrorRules.all)
    let status: Status = errors.contains { $0.exit == .unreachable } ? .unreachable : .error
    let detail = errors.map(\.message).joined(separator: "; ")
    return Check(name, status, detail, remedy: errors.lazy.compactMap(\.hint).first)
  }
}

/// `1 broker`, `3 brokers`
func counted(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }

/// `1 message`, `12,345 messages`
func counted(_ number: Int64, _ thing: String) -> String { "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")" }
