import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// A read between commit and push brings PEMS' half of a group that a committed edit holds the other half of.
@Suite("Groups of fields under a read", .syncDatabase) struct GroupReadTests {
  struct Clash: Sendable, CustomTestStringConvertible {
    let mine: String
    let theirs: @Sendable (inout Sample) -> Void
    let kind: String
    let fields: String
    /// What a person decides, and what goes to PEMS then.
    let set: String
    let sent: String

    var testDescription: String { fields }
  }

  private static let clashes = [
    Clash(
      mine: #"{"forecastEnd": "2025-03-01"}"#, theirs: { $0.forecast = .init("2025-04-01", "2025-07-31") },
      kind: "merge_invalid", fields: "{forecastEnd,forecastStart}", set: #"{"forecastEnd": "2025-05-01"}"#,
      sent: #"{"forecastEnd": "2025-05-01"}"#),
    Clash(
      mine: #"{"monthlyRate": null}"#, theirs: { $0.source = "Rental" }, kind: "merge_invalid",
      fields: "{monthlyRate,purchasePrice,source}", set: #"{"monthlyRate": 7}"#, sent: #"{"monthlyRate": 7}"#),
    Clash(
      mine: #"{"category": "Pumps"}"#, theirs: { $0.more = words(["class": "B"]) }, kind: "field_overlap",
      fields: "{category,class}", set: #"{"class": "C"}"#, sent: #"{"category": "Pumps", "class": "C"}"#),
    Clash(
      mine: #"{"manufacturer": "X"}"#, theirs: { $0.more = words(["model": "B"]) }, kind: "field_overlap",
      fields: "{manufacturer,model}", set: #"{"manufacturer": "Y"}"#, sent: #"{"manufacturer": "Y"}"#),
  ]

  private static func words(_ changed: [String: String]) -> [JSONValue.Member] {
    ["class", "manufacturer", "model"].map { .init($0, .string(changed[$0] ?? "A")) }
  }

  private func read(
    _ session: PGSession, _ block: Int64, _ change: (inout Sample) -> Void = { _ in }
  ) throws -> ApplyOutcome {
    let sample = Sample("a", block) {
      ($0.source, $0.price, $0.more) = ("Purchase", "1000", Self.words([:]))
      change(&$0)
    }
    let outcome = try apply(session, [sample])
    try expectExact(session)
    return outcome
  }

  /// A record with a committed edit, at version 2.
  private func edited(_ session: PGSession, _ delta: String) throws {
    try session.permit("ann", "write")
    _ = try read(session, 1)
    #expect(try session.edit("a", delta, at: 1).success)
  }

  private func claims(_ session: PGSession) throws -> [PushClaim] {
    try session.asSystem { try PushStore.claim(session, limit: 10) }
  }

  /// What a push would do; PEMS has what the record knows of it.
  private func plan(_ session: PGSession, _ claim: PushClaim) throws -> PushPlan {
    let known = try session.value("SELECT data || coalesce(pending_base, '{}') FROM pfa_mirror") ?? ""
    return PushPlan(try PushStore.load(session, claim).edit, upstream: FieldValues(json: Array(known.utf8)))
  }

  private func resolve(_ session: PGSession, _ choice: ConflictResolution.Choice) throws {
    let id = try #require(try session.value("SELECT id FROM pfa_sync_conflict WHERE status = 'open'"))
    _ = try ConflictStore.resolve(session, id, organization: "RIO", choice: choice, user: "ann", reason: "decided")
  }

  private func values(_ json: String) throws -> FieldValues { try #require(FieldValues(json: Array(json.utf8))) }

  @Test(
    "Halves that do not fit: the read tells of the conflict, nothing is sent, a person sets what fits",
    arguments: clashes)
  func clash(_ clash: Clash) async throws {
    try await onDatabase { session in
      try edited(session, clash.mine)
      let outcome = try read(session, 2, clash.theirs)
      #expect(outcome.conflicted == 1 && outcome.updated == 0)
      let told = try session.table(
        """
        SELECT o.sync_state, c.kind, c.conflict_fields::text, c.current_version FROM pfa_sync_conflict c
        JOIN pfa_modification o ON o.id = c.modification_id WHERE c.status = 'open'
        """)
      #expect(told == [["conflict", clash.kind, clash.fields, "3"]])
      #expect(try claims(session).isEmpty)
      try resolve(session, .set(try values(clash.set), rest: .mine))
      try expectExact(session)
      let claim = try #require(try claims(session).first)
      #expect(try plan(session, claim) == .push(try values(clash.sent)))
    }
  }

  @Test("A conflict of halves shows PEMS' half, and what would not be sound can not be decided")
  func shown() async throws {
    try await onDatabase { session in
      try edited(session, Self.clashes[0].mine)
      _ = try read(session, 2, Self.clashes[0].theirs)
      #expect(
        try session.table("SELECT base_values, local_values, remote_values FROM pfa_sync_conflict") == [
          [
            #"{"forecastEnd": "2025-07-31"}"#, #"{"forecastEnd": "2025-03-01"}"#,
            #"{"forecastEnd": "2025-07-31", "forecastStart": "2025-04-01"}"#,
          ]
        ])
      #expect(throws: ConflictStore.Failure.self) { try resolve(session, .mine) }
      try resolve(session, .theirs)
      #expect(
        try session.table("SELECT forecast_start, forecast_end FROM pfa_mirror") == [["2025-04-01", "2025-07-31"]])
      try expectExact(session)
    }
  }

  @Test("Halves of one statement decided for the edit: it goes out, and further reads ask no more")
  func decided() async throws {
    try await onDatabase { session in
      try edited(session, Self.clashes[2].mine)
      _ = try read(session, 2, Self.clashes[2].theirs)
      try resolve(session, .mine)
      let again = try read(session, 3) { sample in
        Self.clashes[2].theirs(&sample)
        sample.dor = "PROJECT"
      }
      #expect(again.updated == 1 && again.conflicted == 0)
      let claim = try #require(try claims(session).first)
      #expect(try plan(session, claim) == .push(try values(#"{"category": "Pumps"}"#)))
    }
  }

  @Test("Halves that fit, and fields of other groups, are no conflict")
  func fitting() async throws {
    try await onDatabase { session in
      try edited(session, #"{"forecastEnd": "2025-03-01", "purchasePrice": 2000}"#)
      let outcome = try read(session, 2) {
        ($0.forecast, $0.rate, $0.category) = (.init("2025-02-01", "2025-07-31"), nil, "Lifts")
      }
      #expect(outcome.updated == 1 && outcome.conflicted == 0)
      #expect(try session.list("SELECT sync_state FROM pfa_modification") == ["committed"])
    }
  }

  @Test("A push under way is fenced by the read that finds halves which do not fit")
  func underWay() async throws {
    try await onDatabase { session in
      try edited(session, Self.clashes[0].mine)
      let claim = try #require(try claims(session).first)
      _ = try read(session, 2, Self.clashes[0].theirs)
      #expect(throws: Fenced.self) { try PushStore.note(session, claim, try values(#"{"forecastEnd": "2025-03-01"}"#)) }
      #expect(try session.list("SELECT sync_state FROM pfa_modification") == ["conflict"])
    }
  }

  @Test("An edit that fits only an earlier one waits for its push; when that is given up, a person decides")
  func inTurn() async throws {
    try await onDatabase { session in
      try edited(session, #"{"forecastEnd": "2025-12-31"}"#)
      #expect(try session.edit("a", #"{"forecastStart": "2025-10-01"}"#, at: 2).success)
      let first = try #require(try claims(session).first)
      #expect(try plan(session, first) == .push(try values(#"{"forecastEnd": "2025-12-31"}"#)))
      try PushStore.delay(session, first, milliseconds: 60_000, code: "TIMEOUT", message: "no answer")
      #expect(try claims(session).isEmpty)
      try session.execute("UPDATE pfa_modification SET next_attempt_at = now() - interval '1 s'")
      let again = try #require(try claims(session).first)
      #expect(again.id == first.id)
      try PushStore.fail(session, again, code: "AUTH", message: "403", topic: "t", eventId: "e", day: "d")
      let second = try #require(try claims(session).first)
      guard case .conflict(let conflict) = try plan(session, second) else {
        Issue.record("PEMS would get a start after its end")
        return
      }
      #expect(conflict.kind == .mergeInvalid && conflict.fields == ["forecastEnd", "forecastStart"])
    }
  }
}
