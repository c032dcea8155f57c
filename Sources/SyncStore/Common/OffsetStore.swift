import Postgres
import SQLCatalog

/// A partition as one assignment holds it: every write names the epoch, so an earlier holder changes nothing.
package struct PartitionClaim: Hashable, Sendable {
  package let group: String
  package let topic: String
  package let partition: Int32
  package let epoch: Int64

  package init(group: String, topic: String, partition: Int32, epoch: Int64) {
    self.group = group
    self.topic = topic
    self.partition = partition
    self.epoch = epoch
  }
}

/// The applied position of each partition, kept with the effects of its messages.
package enum OffsetStore {
  package struct Position: Sendable {
    package let topic: String
    package let partition: Int32
    package let nextOffset: Int64
    package let epoch: Int64
    package let owner: String?
    /// The last offsets that were gone when we came to read them; nil when that never happened.
    package let gap: Range<Int64>?
    package let updatedAt: String
  }

  /// Takes a partition over. A partition never seen before starts at `start`. Returns the claim and where to go on.
  package static func claim(
    _ session: PGSession, group: String, topic: String, partition: Int32, start: Int64, owner: String
  ) throws -> (claim: PartitionClaim, nextOffset: Int64) {
    let row = try session.query(
      Queries.claimPartition, [.text(group), .text(topic), .int4(partition), .int(start), .text(owner)]
    ).one()
    let claim = PartitionClaim(group: group, topic: topic, partition: partition, epoch: try row.integer("epoch"))
    return (claim, try row.integer("next_offset"))
  }

  /// Moves a claimed partition past offsets that Kafka no longer has. Throws ``Fenced``.
  package static func move(_ session: PGSession, _ claim: PartitionClaim, to offset: Int64) throws {
    let result = try session.query(
      Queries.moveOffset,
      [.text(claim.group), .text(claim.topic), .int4(claim.partition), .int(claim.epoch), .int(offset)])
    if result.rowCount == 0 { throw Fenced() }
  }

  /// Begins the transaction of a batch: moves the partition, and says which of the organizations exist, and for which
  /// of them work of this kind is paused. One round trip, under the system's role.
  package static func begin(
    _ session: PGSession, _ claim: PartitionClaim, from expected: Int64, to next: Int64, organizations: Set<String>,
    kind: String
  ) throws -> (known: Set<String>, paused: Set<String>) {
    let results = try session.pipeline([
      PGStatement(Queries.becomeSystem), advance(claim, from: expected, to: next),
      PGStatement(Queries.organizationExists, [.array(.text(organizations.sorted())), .text(kind)]),
    ])
    let rows = results[2].rows
    return (
      Set(try rows.map { try $0.string("id") }),
      Set(try rows.filter { try $0.bool("is_paused") == true }.map { try $0.string("id") })
    )
  }

  /// The compare-and-set that belongs into the transaction of the effects.
  package static func advance(_ claim: PartitionClaim, from expected: Int64, to next: Int64) -> PGStatement {
    PGStatement(
      Queries.advanceOffset,
      [.text(claim.group), .text(claim.topic), .int4(claim.partition), .int(claim.epoch), .int(expected), .int(next)])
  }

  /// Sets every partition of a group back to its start and fences who holds it: Kafka has begun anew. Nothing is
  /// doubled by it.
  package static func forget(_ session: PGSession, group: String) throws {
    try session.query(Queries.forgetOffsets, [.text(group)])
  }

  /// Every partition of a group.
  package static func positions(_ session: PGSession, group: String) throws -> [Position] {
    try session.query(Queries.readOffsets, [.text(group)]).rows.map { row in
      let from = try row.int("gap_from")
      let to = try row.int("gap_to")
      return Position(
        topic: try row.string("topic"), partition: Int32(try row.integer("partition")),
        nextOffset: try row.integer("next_offset"),
        epoch: try row.integer("epoch"), owner: try row.text("owner"),
        gap: from.flatMap { from in to.map { min(from, $0)..<max(from, $0) } }, updatedAt: try row.string("updated_at"))
    }
  }
}

extension PGResult {
  /// The row of a statement that always returns one.
  package func one() throws -> PGRow {
    guard let row = first else { throw PGError(.protocol, "a statement that returns one row returned none") }
    return row
  }
}
