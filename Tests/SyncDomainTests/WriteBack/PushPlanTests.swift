import SyncDomain
import Testing

/// The merge before a push.
@Suite("Push plan") struct PushPlanTests {
  private func edit(
    _ fields: [String], _ effective: String, pending: String = "{}", pushed: String = "{}"
  ) -> PushEdit {
    PushEdit(
      fields: fields, effective: values(effective), pending: values(pending), pushed: values(pushed))
  }

  private func conflict(_ plan: PushPlan) -> PushConflict? {
    if case .conflict(let conflict) = plan { conflict } else { nil }
  }

  @Test("W2 PEMS as we know it: the pending fields go out, and nothing else")
  func push() {
    let edit = edit(
      ["monthlyRate", "dor"], #"{"monthlyRate":20,"dor":"BEO","class":"A"}"#, pending: #"{"monthlyRate":10}"#)
    let plan = PushPlan(edit, upstream: values(#"{"monthlyRate":10.00,"dor":"PROJECT","class":"A"}"#))
    #expect(plan == .push(values(#"{"monthlyRate":20}"#)))
  }

  @Test("W4 PEMS has every value already: nothing goes out")
  func confirmed() {
    let edit = edit(["monthlyRate"], #"{"monthlyRate":20}"#, pending: #"{"monthlyRate":10}"#)
    #expect(PushPlan(edit, upstream: values(#"{"monthlyRate":20.0}"#)) == .confirmed)
    #expect(PushPlan(self.edit(["monthlyRate"], #"{"monthlyRate":20}"#), upstream: values("{}")) == .confirmed)
    // A field that is cleared and one that is not there are the same.
    let cleared = self.edit(["dor"], #"{"dor":null}"#, pending: #"{"dor":"BEO"}"#)
    #expect(PushPlan(cleared, upstream: values("{}")) == .confirmed)
  }

  @Test("W2 a third value is a conflict, with what was known, what is wanted and what PEMS has")
  func overlap() throws {
    let edit = edit(
      ["dor", "monthlyRate"], #"{"monthlyRate":20,"dor":"PROJECT"}"#, pending: #"{"monthlyRate":10,"dor":"BEO"}"#)
    let found = try #require(conflict(PushPlan(edit, upstream: values(#"{"monthlyRate":15,"dor":"BEO"}"#))))
    #expect(found.kind == .fieldOverlap && found.fields == ["monthlyRate"])
    // And what else is given up with it.
    #expect(found.base == values(#"{"monthlyRate":10,"dor":"BEO"}"#))
    #expect(found.local == values(#"{"monthlyRate":20,"dor":"PROJECT"}"#))
    #expect(found.remote == values(#"{"monthlyRate":15,"dor":"BEO"}"#))
  }

  @Test("W4, M9-12 a value that an earlier attempt may have sent is our own, not somebody else's")
  func ownWrite() {
    let edit = edit(
      ["monthlyRate"], #"{"monthlyRate":30}"#, pending: #"{"monthlyRate":10}"#, pushed: #"{"monthlyRate":20}"#)
    #expect(PushPlan(edit, upstream: values(#"{"monthlyRate":20}"#)) == .push(values(#"{"monthlyRate":30}"#)))
    // Edited back to what PEMS had, after a push of unknown outcome.
    let back = self.edit(["monthlyRate"], #"{"monthlyRate":10}"#, pushed: #"{"monthlyRate":20}"#)
    #expect(PushPlan(back, upstream: values(#"{"monthlyRate":20}"#)) == .push(values(#"{"monthlyRate":10}"#)))
    #expect(PushPlan(back, upstream: values(#"{"monthlyRate":10}"#)) == .confirmed)
  }

  @Test("W5 only editable fields go out, and a record is never brought back (W11)")
  func editable() {
    let edit = edit(
      ["originalStart", "contract", "isDiscontinued", "dor"],
      #"{"originalStart":"2025-01-01","contract":"X","isDiscontinued":false,"dor":"PROJECT"}"#,
      pending: #"{"originalStart":"2024-01-01","contract":"Y","isDiscontinued":true,"dor":"BEO"}"#)
    let upstream = values(#"{"originalStart":"2024-01-01","contract":"Y","isDiscontinued":false,"dor":"BEO"}"#)
    #expect(PushPlan(edit, upstream: upstream) == .push(values(#"{"dor":"PROJECT"}"#)))
  }

  @Test("a record that PEMS discontinued or no longer has is a conflict")
  func gone() throws {
    let edit = edit(["dor"], #"{"dor":"PROJECT","isDiscontinued":false}"#, pending: #"{"dor":"BEO"}"#)
    let missing = try #require(conflict(PushPlan(edit, upstream: nil)))
    #expect(missing.kind == .recordMissing && missing.remote == values(#"{"dor":"BEO"}"#), "PEMS never said null")
    let discontinued = values(#"{"dor":"BEO","isDiscontinued":true}"#)
    let found = try #require(conflict(PushPlan(edit, upstream: discontinued)))
    #expect(found.kind == .remoteDiscontinued && found.fields == ["isDiscontinued"])
    #expect(found.local == values(#"{"dor":"PROJECT","isDiscontinued":false}"#) && found.remote == discontinued)
    let ours = self.edit(["isDiscontinued"], #"{"isDiscontinued":true}"#, pending: #"{"isDiscontinued":false}"#)
    #expect(PushPlan(ours, upstream: discontinued) == .confirmed)
  }

  @Test(
    "fields of a group must fit after a merge of disjoint changes",
    arguments: [
      (#"{"forecastEnd":"2025-03-01"}"#, #"{"forecastStart":"2025-04-01"}"#, ["forecastEnd", "forecastStart"]),
      (#"{"forecastEnd":"2025-03-01"}"#, #"{"forecastStart":"2025-02-01"}"#, []),
      (#"{"category":"Cranes"}"#, #"{"class":"B"}"#, ["category", "class"]),
      (#"{"manufacturer":"X"}"#, #"{"model":"B"}"#, ["manufacturer", "model"]),
      (#"{"monthlyRate":null}"#, #"{"source":"Rental"}"#, ["monthlyRate", "purchasePrice", "source"]),
      (#"{"monthlyRate":5}"#, #"{"source":"Rental"}"#, []),
      (#"{"monthlyRate":5}"#, #"{"purchasePrice":7}"#, []),
      (#"{"monthlyRate":5}"#, #"{"model":"B"}"#, []),
    ])
  func groups(ours: String, theirs: String, clash: [String]) {
    let base = values(
      #"""
      {"forecastStart":"2025-01-01","forecastEnd":"2025-06-01","category":"A","class":"A","manufacturer":"A",
      "model":"A","source":"Purchase","monthlyRate":1,"purchasePrice":1}
      """#)
    let edit = PushEdit(
      fields: values(ours).fields, effective: base.overlaid(values(ours)),
      pending: base.filled(values(ours).fields), pushed: FieldValues())
    // A read was faster: what PEMS changed is known, and no less unsound. Of statements the read itself has told.
    var late = edit
    late.effective = edit.effective.overlaid(values(theirs))
    let isStatement = ["category", "manufacturer"].contains(clash.first)
    for (edit, isLate) in [(edit, false), (late, true)] {
      let plan = PushPlan(edit, upstream: base.overlaid(values(theirs)))
      if clash.isEmpty || (isLate && isStatement) {
        #expect(plan == .push(values(ours)), "late: \(isLate)")
      } else {
        let found = conflict(plan)
        #expect(found?.kind == (isStatement ? .fieldOverlap : .mergeInvalid), "late: \(isLate)")
        #expect(found?.fields == clash, "late: \(isLate)")
      }
    }
  }

  @Test("a group that PEMS itself has broken: dates out of order never go out, what PEMS leaves out is not our fault")
  func brokenThere() {
    let dates = edit(
      ["forecastEnd"], #"{"forecastStart":"2025-08-01","forecastEnd":"2025-03-01"}"#,
      pending: #"{"forecastEnd":"2025-06-01"}"#)
    let plan = PushPlan(dates, upstream: values(#"{"forecastStart":"2025-08-01","forecastEnd":"2025-06-01"}"#))
    #expect(conflict(plan)?.kind == .mergeInvalid && conflict(plan)?.fields == ["forecastEnd", "forecastStart"])
    let price = edit(["purchasePrice"], #"{"source":"Rental","purchasePrice":5}"#, pending: #"{"purchasePrice":1}"#)
    let upstream = values(#"{"source":"Rental","purchasePrice":1}"#)
    #expect(PushPlan(price, upstream: upstream) == .push(values(#"{"purchasePrice":5}"#)))
  }

  @Test("W4, M9-12: what another edit's attempt of unknown outcome has put into PEMS is no conflict")
  func othersAttempt() {
    var edit = edit(["dor"], #"{"dor":"C"}"#, pending: #"{"dor":"A"}"#)
    let upstream = values(#"{"dor":"B"}"#)
    #expect(conflict(PushPlan(edit, upstream: upstream))?.fields == ["dor"])
    edit.othersPushed = [values(#"{"model":"B"}"#), values(#"{"dor":"B"}"#)]
    #expect(PushPlan(edit, upstream: upstream) == .push(values(#"{"dor":"C"}"#)))
  }

  @Test("whatever PEMS has: a push ends with our values there and no foreign value overwritten, or in a conflict")
  func property() {
    var generator = SplitMix64(seed: printedSeed())
    let fields = ["dor", "class", "monthlyRate", "model"]
    for _ in 0..<3_000 {
      func draw() -> FieldValues {
        var result = FieldValues()
        for field in fields where Bool.random(using: &generator) {
          result[field] = FieldValue(.number(String(Int.random(in: 0...2, using: &generator))))
        }
        return result
      }
      let (effective, base, upstream, pushed) = (draw(), draw(), draw(), draw())
      let edit = PushEdit(fields: fields, effective: effective, pending: base, pushed: pushed)
      let foreign = edit.concerned.filter { field in
        upstream[field] != effective[field] && upstream[field] != edit.known([field])[field]
          && pushed.known(field) != upstream[field]
      }
      switch PushPlan(edit, upstream: upstream) {
      case .confirmed: #expect(edit.concerned.allSatisfy { upstream[$0] == effective[$0] })
      case .push(let sent):
        #expect(foreign.isEmpty && !sent.isEmpty)
        let after = upstream.overlaid(sent)
        #expect(edit.concerned.allSatisfy { after[$0] == effective[$0] })
        // A second look finds nothing left to do.
        #expect(PushPlan(edit, upstream: after) == .confirmed)
      case .conflict(let found):
        #expect(found.kind == .fieldOverlap && foreign.allSatisfy { found.fields.contains($0) })
      }
    }
  }
}
