import SyncDomain
import Testing

/// Properties of merges, with printed seeds (S0-41).
@Suite struct MergePropertyTests {
  private static let fields = ["dor", "class", "model", "monthlyRate", "forecastEnd", "isFundsTransferable"]

  private func value(_ field: String, _ random: inout SplitMix64) -> FieldValue {
    switch field {
    case "monthlyRate": FieldValue(.number(String(1 + random.below(3))))
    case "forecastEnd": FieldValue(.string("2025-06-0\(1 + random.below(3))"))
    case "isFundsTransferable": FieldValue(.bool(random.below(2) == 0))
    default: FieldValue(.string("v\(random.below(3))"))
    }
  }

  private func some(_ fields: [String], _ random: inout SplitMix64) -> FieldValues {
    var chosen = FieldValues()
    for field in fields where random.below(2) == 0 { chosen[field] = value(field, &random) }
    return chosen
  }

  private func edit(_ delta: FieldValues, on record: MirrorRecord) -> DraftEdit {
    DraftEdit(
      id: "e", mirrorId: record.id, delta: delta,
      base: FieldValues(
        Dictionary(uniqueKeysWithValues: delta.fields.map { ($0, record.data[$0]) })), context: record.data,
      baseVersion: record.version)
  }

  private func apply(_ edits: [DraftEdit], to record: MirrorRecord) -> MirrorRecord? {
    var record = record
    for edit in edits {
      guard case .apply(let patch) = EditDecision.decide(edit, on: record) else { return nil }
      record.apply(patch)
    }
    return record
  }

  private func start(_ random: inout SplitMix64) -> MirrorRecord {
    var data = some(Self.fields, &random)
    data["source"] = FieldValue(.string("Rental"))
    data["monthlyRate"] = value("monthlyRate", &random)
    return MirrorRecord(id: "m", pfaId: "P", version: 1, data: data)
  }

  @Test("S0-41 Merges of edits of disjoint fields commute, and none of them is lost")
  func commutes() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<2_000 {
      let record = start(&random)
      // Manufacturer and model, category and class are one statement each: only one of each pair is in play.
      let cut = random.below(Self.fields.count + 1)
      let shuffled = Self.fields.shuffled(using: &random)
      let first = edit(some(Array(shuffled[..<cut]), &random), on: record)
      let second = edit(some(Array(shuffled[cut...]), &random), on: record)
      let one = apply([first, second], to: record)
      let other = apply([second, first], to: record)
      #expect(one?.data == other?.data && one?.pending == other?.pending)
      #expect(one?.data == record.data.overlaid(first.delta).overlaid(second.delta))
    }
  }

  @Test("An edit is in effect, or the record is as it was; twice is once; edited back is no edit")
  func idempotent() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<2_000 {
      let record = start(&random)
      let edit = edit(some(Self.fields, &random), on: record)
      guard let once = apply([edit], to: record), let twice = apply([edit, edit], to: record) else {
        Issue.record("an edit of an untouched record was not applied")
        return
      }
      #expect(once == twice)
      var back = once
      back.apply(FieldValues(Dictionary(uniqueKeysWithValues: edit.delta.fields.map { ($0, record.data[$0]) })))
      #expect(back.pending.isEmpty)
    }
  }

  @Test("Whatever somebody else did meanwhile, no value of theirs is overwritten (S0-17)")
  func noLostUpdate() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<2_000 {
      let record = start(&random)
      let mine = edit(some(Self.fields, &random), on: record)
      var now = record
      now.apply(some(Self.fields, &random))
      guard case .apply(let patch) = EditDecision.decide(mine, on: now) else { continue }
      for field in patch.fields { #expect(now.data[field] == record.data[field], "\(field) had been changed") }
    }
  }

  @Test("All or nothing: a session with one bad edit changes no record; --partial applies the rest (S1-36)")
  func sessions() {
    var random = SplitMix64(seed: printedSeed())
    for _ in 0..<500 {
      let records = (0..<5).map { index in
        MirrorRecord(
          id: "m\(index)", pfaId: "P\(index)", version: 1, data: FieldValues(["dor": FieldValue(.string("a"))]))
      }
      let bad = random.below(6)
      let edits = records.enumerated().map { index, record in
        DraftEdit(
          id: "e\(index)", mirrorId: record.id, delta: FieldValues(["dor": FieldValue(.string("b"))]),
          base: FieldValues(["dor": FieldValue(.string(index == bad ? "z" : "a"))]), baseVersion: 1)
      }
      let session = CommitFold.Session(id: "s", user: "u")
      let fold = CommitFold(records: records, drafts: [session: edits], editors: ["u"])
      var (whole, partly) = (fold, fold)
      var request = DraftCommitRequest(organization: "RIO", commitId: "c", userId: "u", sessionId: "s")
      let first = whole.commit(request)
      #expect(first.applied.count == (bad < 5 ? 0 : 5) && first.errorCode == (bad < 5 ? "CONFLICT" : nil))
      #expect(first.received == 5 && first.updated + first.unchanged + first.conflicted.count == 5)
      request.partial = true
      let second = partly.commit(request)
      #expect(second.applied.count == (bad < 5 ? 4 : 5) && second.result == (bad < 5 ? "with_conflicts" : "clean"))
    }
  }
}
