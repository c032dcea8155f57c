import Postgres
import SQLCatalog

/// The workers that have said that they live, silent ones of the last day too.
package struct Crew: Sendable, Equatable {
  /// One worker process.
  package struct Member: Sendable, Equatable {
    package let name: String
    package let group: String
    /// Kinds of work it does.
    package let kinds: [String]
    /// Since its last sign of life, in seconds.
    package let silentFor: Int64
    package let isAlive: Bool

    package init(name: String, group: String, kinds: [String], silentFor: Int64, isAlive: Bool) {
      self.name = name
      self.group = group
      self.kinds = kinds
      self.silentFor = silentFor
      self.isAlive = isAlive
    }
  }

  /// By name.
  package let members: [Member]

  package init(members: [Member]) { self.members = members }

  package var alive: [Member] { members.filter(\.isAlive) }

  /// Those that live and do this kind of work; nil group: of any consumer group.
  package func able(_ kind: String, group: String? = nil) -> [Member] {
    alive.filter { $0.kinds.contains(kind) && (group == nil || $0.group == group) }
  }

  /// Who was there last; nil: nobody within a day, or who was ended in order.
  package var lastSeen: Member? { members.filter { !$0.isAlive }.min { $0.silentFor < $1.silentFor } }
}

/// Signs of life of workers. Bind the session with `asSystem` first, for reading with `reading`.
package enum CrewStore {
  package static func beat(_ session: PGSession, name: String, group: String, kinds: [String]) throws {
    _ = try session.query(Queries.beatWorker, [.text(name), .text(group), .array(.text(kinds))])
  }

  /// The worker takes nothing new any more.
  package static func end(_ session: PGSession, name: String) throws {
    _ = try session.query(Queries.endWorker, [.text(name)])
  }

  package static func crew(_ session: PGSession) throws -> Crew {
    let rows = try session.query(Queries.listWorkers, [.int4(Int32(JobStore.leaseSeconds))]).rows
    return Crew(
      members: try rows.map { row in
        Crew.Member(
          name: try row.string("name"), group: try row.string("consumer_group"),
          kinds: (try row.textArray("kinds") ?? []).compactMap(\.self), silentFor: try row.integer("silent_for"),
          isAlive: try row.bool("is_alive") ?? false)
      })
  }
}
