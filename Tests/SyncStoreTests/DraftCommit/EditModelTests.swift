import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Random histories against a pure model: rows, states, conflicts and totals are the model's after each step.
@Suite("Edits against a model", .syncDatabase) struct EditModelTests {
  private static let records = (0..<6).map { "p\($0)" }
  private static let sessions = [("ann", "a1"), ("ann", "a2"), ("bob", "b1")]
  private static let values = ["V0", "V1", "V2", "V3"]

  private enum Step: CaseIterable { case read, gone, draft, commit, partial, discard, mine, theirs }

  @Test("S0-17, S0-35 Reads, edits, commits, discards, discontinuations and decisions in any order")
  func random() async throws {
    let seed = seeded("EditModelTests")
    try await onDatabase { session in
      var random = seed
      var model = EditModel()
      for (user, _) in Self.sessions { try session.permit(user, "write") }
      var order: Int64 = 1
      for id in Self.records { try read(session, id, &order, Self.start) }
      for id in Self.records { model.records[id] = .init(ours: Self.start, theirs: Self.start) }
      // Each run has other habits.
      let weights = Step.allCases.map { step in (step, step == .gone ? 1 : 1 + random.below(6)) }
      for number in 0..<300 {
        let step = pick(weights, &random)
        try perform(step, session, &model, &order, &random)
        try compare(session, model, "step \(number), \(step)")
      }
      try expectExact(session)
    }
  }

  private static let start = ["dor": "V0", "manufacturer": "V0"]

  private func perform(
    _ step: Step, _ session: PGSession, _ model: inout EditModel, _ order: inout Int64, _ random: inout SplitMix64
  ) throws {
    let id = Self.records[random.below(Self.records.count)]
    let (user, name) = Self.sessions[random.below(Self.sessions.count)]
    let (field, value) = (EditModel.fields[random.below(2)], Self.values[random.below(4)])
    switch step {
    case .read, .gone:
      guard model.records[id]?.isGone == false else { return }
      var theirs = model.records[id]?.theirs ?? [:]
      if step == .read { theirs[field] = value }
      try read(session, id, &order, theirs, isGone: step == .gone)
      model.read(id, step == .gone ? nil : theirs)
    case .draft:
      guard model.records[id]?.isGone == false else { return }
      try session.draft(id, #"{"\#(field)": "\#(value)"}"#, by: user, in: name)
      model.draft(id, field, value, user: user, session: name)
    case .commit, .partial:
      _ = try session.commitNow(name, user, partial: step == .partial)
      model.commit(name, partial: step == .partial)
    case .discard:
      _ = try DraftStore.discard(session, organization: "RIO", user: user, session: name)
      model.discard(name)
    case .mine, .theirs:
      guard let index = model.edits.firstIndex(where: { $0.state == .conflict }) else { return }
      let edit = model.edits[index]
      let found = try session.value(
        """
        SELECT c.id FROM pfa_sync_conflict c JOIN pfa_modification o ON o.id = c.modification_id
        JOIN pfa_mirror m ON m.id = o.mirror_id
        WHERE c.status = 'open' AND m.pfa_id = $1 AND o.session_id = $2 AND o.delta = $3::jsonb
          AND (o.applied_version IS NOT NULL) = $4
        ORDER BY o.created_at, o.id LIMIT 1
        """, [.text(edit.record), .text(edit.session), .text(json(edit.delta)), .bool(edit.isInEffect)])
      let conflict = try #require(found, "an open conflict of \(edit)")
      let choice: ConflictResolution.Choice = step == .mine ? .mine : .theirs
      // Whoever is told that others have edited the record meanwhile looks again, and decides the same.
      do {
        _ = try ConflictStore.resolve(session, conflict, organization: "RIO", choice: choice, user: user, reason: nil)
      } catch ConflictStore.Failure.changed {
        _ = try ConflictStore.resolve(session, conflict, organization: "RIO", choice: choice, user: user, reason: nil)
      }
      model.resolve(index, mine: step == .mine)
    }
  }

  private func read(
    _ session: PGSession, _ id: String, _ order: inout Int64, _ values: [String: String], isGone: Bool = false
  ) throws {
    order += 1
    try apply(
      session,
      [
        Sample(id, order) {
          $0.dor = values["dor"]
          $0.isDiscontinued = isGone
          $0.more = [.init("manufacturer", .string(values["manufacturer"] ?? ""))]
        }
      ])
  }

  private func compare(_ session: PGSession, _ model: EditModel, _ step: String) throws {
    let rows = try session.table(
      """
      SELECT pfa_id, data ->> 'dor', data ->> 'manufacturer', coalesce(pending_base ->> 'dor', data ->> 'dor'),
        coalesce(pending_base ->> 'manufacturer', data ->> 'manufacturer'), is_discontinued
      FROM pfa_mirror ORDER BY pfa_id
      """)
    let expected = Self.records.map { id -> [String] in
      let record = model.records[id] ?? .init(ours: [:], theirs: [:])
      return [id] + [record.ours, record.theirs].flatMap { values in EditModel.fields.map { values[$0] ?? "∅" } }
        + [record.isGone ? "t" : "f"]
    }
    try #require(rows == expected, "\(step)")
    let edits = try session.table(
      """
      SELECT m.pfa_id || ' ' || o.session_id || ' ' || o.sync_state || ' ' || o.delta
      FROM pfa_modification o JOIN pfa_mirror m ON m.id = o.mirror_id
      """
    ).map { $0[0] }.sorted()
    let wanted = model.edits.map { "\($0.record) \($0.session) \($0.state.rawValue) \(json($0.delta))" }.sorted()
    try #require(edits == wanted, "\(step)")
    let open = try session.count("SELECT count(*)::int FROM pfa_sync_conflict WHERE status = 'open'")
    try #require(open == model.edits.count { $0.state == .conflict }, "\(step)")
  }

  /// As Postgres prints it: shorter names first.
  private func json(_ values: [String: String]) -> String {
    let members = values.keys.sorted { ($0.count, $0) < ($1.count, $1) }.map { #""\#($0)": "\#(values[$0] ?? "")""# }
    return "{\(members.joined(separator: ", "))}"
  }

  private func pick(_ weights: [(Step, Int)], _ random: inout SplitMix64) -> Step {
    var place = random.below(weights.reduce(0) { $0 + $1.1 })
    for (step, weight) in weights {
      place -= weight
      if place < 0 { return step }
    }
    return .read
  }
}
