import Runtime

/// A fact that did not come true in time.
package struct NotReached: Error, CustomStringConvertible {
  package let description: String
}

/// Looks until `condition` holds; throws ``NotReached`` with the fact's name when it does not within the limit.
package func until(
  _ fact: String, limit: Duration = .seconds(120), _ condition: () async throws -> Bool
) async throws {
  let deadline = Deadline(after: limit)
  while try await !condition() {
    if deadline.hasPassed { throw NotReached(description: "not reached within \(limit): \(fact)") }
    try await Task.sleep(for: .milliseconds(25))
  }
}

/// Looks until there is a value.
package func eventually<Value>(
  _ fact: String, limit: Duration = .seconds(120), _ look: () async throws -> Value?
) async throws -> Value {
  let deadline = Deadline(after: limit)
  while true {
    if let value = try await look() { return value }
    if deadline.hasPassed { throw NotReached(description: "not reached within \(limit): \(fact)") }
    try await Task.sleep(for: .milliseconds(25))
  }
}
