import SyncDomain
import Testing

/// What a decision on a conflict makes of the record and the edit.
@Suite struct ConflictResolutionTests {
  private let edit = DraftEdit(
    id: "e", mirrorId: "m", delta: values(#"{"dor":"mine","class":"M"}"#), base: values(#"{"dor":"a","class":"C"}"#),
    baseVersion: 1)

  /// The edit was never applied: somebody else's commit was faster.
  private let met = MirrorRecord(
    id: "m", pfaId: "P", version: 4, data: values(#"{"dor":"theirs","class":"C"}"#),
    pending: values(#"{"dor":"a"}"#))
  /// The edit is in effect, and PEMS says something else by now.
  private let held = MirrorRecord(
    id: "m", pfaId: "P", version: 4, data: values(#"{"dor":"mine","class":"M"}"#),
    pending: values(#"{"dor":"pems","class":"C"}"#))

  @Test("mine is put on top of what PEMS says, and pushed")
  func mine() throws {
    let late = try ConflictResolution(.mine, of: edit, isInEffect: false, on: met)
    #expect(late.patch == edit.delta && late.record.version == 5 && late.isPushed)
    #expect(late.base == values(#"{"dor":"a","class":"C"}"#) && late.record.pending == late.base)
    let kept = try ConflictResolution(.mine, of: edit, isInEffect: true, on: held)
    #expect(kept.patch.isEmpty && kept.record == held && kept.base == held.pending && kept.isPushed)
  }

  @Test("theirs gives the edit up: PEMS' values come into effect, what others have edited stays")
  func theirs() throws {
    let late = try ConflictResolution(.theirs, of: edit, isInEffect: false, on: met)
    #expect(late.patch.isEmpty && late.record == met && !late.isPushed)
    let held = try ConflictResolution(.theirs, of: edit, isInEffect: true, on: held)
    #expect(held.record.data == values(#"{"dor":"pems","class":"C"}"#) && held.record.pending.isEmpty)
  }

  @Test(
    "an edit that is given up while its push may be under way leaves nothing pending: the record follows PEMS again")
  func givenUpInFlight() throws {
    let edit = DraftEdit(
      id: "e", mirrorId: "m", delta: values(#"{"dor":"mine"}"#), base: values(#"{"dor":"base"}"#), baseVersion: 1)
    let record = MirrorRecord(
      id: "m", pfaId: "m", version: 3, data: values(#"{"dor":"mine"}"#), pending: values(#"{"dor":"pems"}"#),
      inFlight: ["dor"])
    let resolution = try ConflictResolution(.theirs, of: edit, isInEffect: true, on: record)
    #expect(resolution.record.data == values(#"{"dor":"pems"}"#) && resolution.record.pending.isEmpty)
  }

  @Test("what a decision would overwrite has been shown: as mine, as theirs, or nothing has changed since")
  func unseen() {
    let shown = ShownConflict(
      fields: ["dor"], local: edit.delta, remote: values(#"{"dor":"theirs","class":"C"}"#), version: 4)
    #expect(shown.unseen(values(#"{"dor":"mine","class":"M","model":"X"}"#), of: edit, on: met) == [])
    var later = met
    later.apply(values(#"{"class":"D"}"#))
    #expect(
      shown.unseen(values(#"{"dor":"mine","class":"M","model":"X"}"#), of: edit, on: later) == ["class", "model"])
    let again = shown.refreshed(["class", "model"], on: later)
    #expect(
      again
        == ShownConflict(
          fields: ["class", "dor", "model"], local: edit.delta,
          remote: values(#"{"dor":"theirs","class":"D","model":null}"#), version: 5))
    #expect(again.unseen(values(#"{"dor":"mine","class":"M","model":"X"}"#), of: edit, on: later) == [])
    // In effect: PEMS' word is the other side.
    #expect(shown.refreshed([], on: held).remote == values(#"{"dor":"pems","class":"C"}"#))
  }

  @Test("set merges; a record that would not be sound is refused")
  func set() throws {
    let merged = try ConflictResolution(.set(values(#"{"dor":"both"}"#)), of: edit, isInEffect: false, on: met)
    #expect(merged.delta == values(#"{"dor":"both","class":"M"}"#) && merged.record.data == merged.delta)
    #expect(throws: ConflictResolution.Refusal.invalid([EditRules.Finding("pfaId", "FIELD_NOT_EDITABLE")])) {
      try ConflictResolution(.set(values(#"{"pfaId":"x"}"#)), of: edit, isInEffect: false, on: met)
    }
  }

  @Test("Every conflicting field of the edit is decided: by its own value, or by the side that is taken for the rest")
  func completed() {
    let shown = ShownConflict(
      fields: ["class", "dor", "forecastStart"], local: edit.delta, remote: values(#"{"dor":"theirs"}"#), version: 5)
    func check(
      _ choice: ConflictResolution.Choice, is completed: ConflictResolution.Choice, without undecided: [String] = []
    ) {
      let found = shown.completed(choice, of: edit)
      #expect(found.choice == completed)
      #expect(found.undecided == undecided)
    }
    let (dor, other) = (values(#"{"dor":"both"}"#), values(#"{"class":"X"}"#))
    check(.mine, is: .mine)
    check(.theirs, is: .theirs)
    check(.set(dor), is: .set(dor), without: ["class"])
    check(.set(dor, rest: .mine), is: .set(dor, rest: .mine))
    check(.set(other), is: .set(other), without: ["dor"])
    check(.set(other, rest: .theirs), is: .set(values(#"{"class":"X","dor":"theirs"}"#), rest: .theirs))
    // What PEMS has is not shown: nobody could have chosen it.
    check(.set(dor, rest: .theirs), is: .set(dor, rest: .theirs), without: ["class"])
  }
}
