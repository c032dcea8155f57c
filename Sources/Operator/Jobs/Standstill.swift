import Runtime
import SyncStore

/// Why nobody does a kind of work, in two clauses for a person.
struct Standstill: Equatable {
  /// What was seen; nil: nothing that `remedy` does not say.
  let fact: String?
  /// What to do about it, beginning with what is lacking.
  let remedy: String
}

extension Crew {
  /// Nil: some worker lives that does this kind of work. nil group: of any consumer group.
  func standstill(_ kind: String, group: String? = nil) -> Standstill? {
    guard able(kind, group: group).isEmpty else { return nil }
    guard !alive.isEmpty else {
      // Who ended in order is not known any more, so nobody is called the last one.
      let silent = lastSeen.map { "\($0.name) fell silent \(durationText(Double($0.silentFor))) ago" }
      return Standstill(fact: silent, remedy: "no worker lives: start 'syncline worker'")
    }
    let names = alive.map(\.name).joined(separator: ", ")
    guard let group, !able(kind).isEmpty else {
      return Standstill(
        fact: "\(names) \(alive.count == 1 ? "does" : "do") other kinds",
        remedy: "no worker that lives does a \(kind): start 'syncline worker --only \(shellQuoted(kind))'")
    }
    return Standstill(
      fact:
        "\(names) \(alive.count == 1 ? "is" : "are") of group \(Set(alive.map(\.group)).sorted().joined(separator: ", "))",
      remedy: "no worker of group \(group) lives: start 'syncline worker' with the SYNCLINE_GROUP of the request")
  }
}
