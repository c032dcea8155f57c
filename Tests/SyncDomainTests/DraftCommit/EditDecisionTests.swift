import SyncDomain
import Testing

/// JSON as values.
func values(_ json: String) -> FieldValues { FieldValues(json: json.bytes) ?? FieldValues() }

/// The three-way merge of one edit, domain.md section 2.
@Suite struct EditDecisionTests {
  private static let record = """
    {"forecastStart":"2025-01-01","forecastEnd":"2025-06-30","monthlyRate":1000,"source":"Rental","category":"Cranes",\
    "class":"A","dor":"BEO","manufacturer":"X","model":"Y"}
    """

  private func decide(
    _ delta: String, base: String? = nil, context: String? = nil, now: String = "{}", version: Int = 2,
    baseVersion: Int = 1
  ) -> EditDecision {
    let seen = values(Self.record)
    let edit = DraftEdit(
      id: "e", mirrorId: "m", delta: values(delta),
      base: base.map(values)
        ?? FieldValues(Dictionary(uniqueKeysWithValues: values(delta).fields.map { ($0, seen[$0]) })),
      context: context.map(values) ?? seen, baseVersion: baseVersion)
    return EditDecision.decide(
      edit, on: MirrorRecord(id: "m", pfaId: "P", version: version, data: seen.overlaid(values(now))))
  }

  @Test("As the user saw it: taken. As the edit wants it: nothing to do. Anything else: overlap")
  func threeWays() {
    #expect(decide(#"{"dor":"B"}"#) == .apply(values(#"{"dor":"B"}"#)))
    #expect(decide(#"{"dor":"B"}"#, now: #"{"dor":"B"}"#) == .apply(FieldValues()))
    #expect(decide(#"{"dor":"B"}"#, now: #"{"dor":"C"}"#) == .conflict(EditConflict(.fieldOverlap, ["dor"])))
    #expect(decide(#"{"dor":"B"}"#, base: "{}") == .conflict(EditConflict(.fieldOverlap, ["dor"])), "nobody remembers")
    #expect(decide(#"{"dor":null}"#) == .apply(values(#"{"dor":null}"#)), "clears the field")
    #expect(decide(#"{"monthlyRate":2.50}"#, now: #"{"monthlyRate":2.5}"#) == .apply(FieldValues()), "one number")
  }

  @Test(
    "Codes of what an edit may not say",
    arguments: [
      (#"{"pfaId":"X"}"#, "FIELD_NOT_EDITABLE"), (#"{"isDiscontinued":false}"#, "FIELD_NOT_EDITABLE"),
      (#"{"originalEnd":"2025-01-01"}"#, "FIELD_NOT_EDITABLE"), (#"{"monthlyRate":"10"}"#, "INVALID_TYPE"),
      (#"{"monthlyRate":-1}"#, "INVALID_RANGE"), (#"{"forecastEnd":"2025-02-30"}"#, "INVALID_VALUE"),
      (#"{"forecastEnd":20250230}"#, "INVALID_TYPE"), (#"{"source":"Lease"}"#, "INVALID_ENUM_VALUE"),
      (#"{"category":null}"#, "MISSING_REQUIRED_FIELD"), (#"{"isFundsTransferable":"yes"}"#, "INVALID_TYPE"),
      (#"{"forecastEnd":"2024-12-31"}"#, "INVALID_DATE_ORDER"), (#"{"source":"Purchase"}"#, "MISSING_REQUIRED_FIELD"),
      (#"{"monthlyRate":1e30}"#, "INVALID_VALUE"), (#"{"monthlyRate":1000.125}"#, "INVALID_VALUE"),
      (#"{"purchasePrice":0.001}"#, "INVALID_VALUE"), (#"{"dor":["x"]}"#, "INVALID_TYPE"),
    ])
  func codes(delta: String, code: String) {
    guard case .refuse(let findings) = decide(delta) else {
      Issue.record("\(delta) was not refused")
      return
    }
    #expect(findings.map(\.code) == [code])
  }

  @Test("Halves that are sound alone and not together are merge_invalid")
  func mergedNonsense() {
    let conflict = EditDecision.conflict(EditConflict(.mergeInvalid, ["forecastStart", "forecastEnd"]))
    #expect(decide(#"{"forecastEnd":"2025-03-01"}"#, now: #"{"forecastStart":"2025-04-01"}"#) == conflict)
    let price = EditDecision.conflict(EditConflict(.mergeInvalid, ["source", "monthlyRate", "purchasePrice"]))
    #expect(
      decide(
        #"{"monthlyRate":null}"#, base: #"{"monthlyRate":1000}"#,
        context: #"{"source":"Purchase","purchasePrice":5}"#, now: #"{"source":"Rental"}"#) == price)
    #expect(
      decide(#"{"forecastEnd":"2025-07-01"}"#, now: #"{"forecastStart":"2025-04-01"}"#)
        == .apply(values(#"{"forecastEnd":"2025-07-01"}"#)))
  }

  @Test(
    "{category, class} and {manufacturer, model} touched by both sides are an overlap",
    arguments: [("class", "category"), ("category", "class"), ("model", "manufacturer"), ("manufacturer", "model")])
  func oneStatement(mine: String, theirs: String) {
    let decision = decide(#"{"\#(mine)":"N"}"#, now: #"{"\#(theirs)":"T"}"#)
    #expect(decision == .conflict(EditConflict(.fieldOverlap, [mine, theirs])))
  }

  @Test("A record that is gone by now is remote_discontinued; one edited all the same breaks a rule")
  func discontinued() {
    let gone = #"{"isDiscontinued":true}"#
    #expect(
      decide(#"{"dor":"B"}"#, now: gone) == .conflict(EditConflict(.remoteDiscontinued, ["isDiscontinued"])))
    #expect(
      decide(#"{"dor":"B"}"#, now: gone, version: 2, baseVersion: 2)
        == .refuse([EditRules.Finding("isDiscontinued", "BUSINESS_RULE_VIOLATION")]))
    #expect(decide(gone, now: gone) == .apply(FieldValues()))
  }

  @Test("What was missing before the edit is not the edit's fault")
  func blame() {
    let broken = #"{"monthlyRate":null}"#
    #expect(decide(#"{"purchasePrice":5}"#, now: broken) == .apply(values(#"{"purchasePrice":5}"#)))
  }
}
