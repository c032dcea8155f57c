import Runtime
import SyncDomain

extension DemoStep {
  /// Edits travel the other way, and nobody's work is overwritten.
  static let edits = DemoStep("two users edit; PEMS changes one of the records meanwhile; both edits reach PEMS") {
    stage in
    let organization = DemoStory.organization
    let (first, second) = try DemoRecords(stage).rentals
    for user in ["ann", "bob"] {
      try await stage.run("permissions grant \(user) \(organization) --reason 'may plan the site'")
    }
    try await stage.run(
      "drafts create \(organization) \(first) --user ann --session monday --set forecastEnd=2031-03-31")
    try await stage.run("drafts create \(organization) \(second) --user bob --session tuesday --set monthlyRate=4800")
    stage.services.pems.update(
      organization: organization, pfaId: second, data: [.init("monthlyRate", .number("5100"))])
    try await stage.run("sync run \(organization) --source pems --mode incremental --wait")
    try await stage.run("drafts check --session monday --user ann")
    try await stage.run("drafts commit --session monday --user ann --wait --yes")
    try await stage.run("drafts commit --session tuesday --user bob --wait --yes", ends: .conflict)
    let conflict = try await stage.conflict()
    try await stage.run("conflicts show \(conflict)")
    try await stage.run("conflicts resolve \(conflict) --take mine --user bob --reason agreed --yes")
    try await stage.untilPushed(2)
    try await stage.run("drafts list")
    try stage.check(
      DemoRecords.value(stage, first, "forecastEnd") == #""2031-03-31""#
        && DemoRecords.value(stage, second, "monthlyRate") == "4800", "PEMS has both edits")
    try await stage.run("sync run \(organization) --source pems --mode incremental --wait")
    guard case .array(let open) = try await stage.facts("conflicts list --status open") else { return }
    try stage.check(open.isEmpty, "PEMS is read again: our own writes are recognised, no conflict is open")
    try await stage.check(DemoExpectation(stage, organization))
  }
}

/// Records of the story that are fit to be edited.
private struct DemoRecords {
  /// Two active rentals that the other scenes leave alone.
  let rentals: (String, String)

  init(_ stage: DemoStage) throws {
    // No lazy slice: its indices are not 0 and 1.
    let found = Array(
      stage.services.pems.rows(organization: DemoStory.organization).lazy.filter { row in
        guard row.poison == nil, let data = FieldValues(json: row.data) else { return false }
        return data["source"].text == "Rental" && data["isDiscontinued"] != .yes && data["monthlyRate"].isNumber
          && data["forecastStart"].text.map { $0 < "2031" } ?? false
      }.prefix(2)
    ).map(\.pfaId)
    guard found.count == 2 else {
      throw CommandError(.failure, "DEMO_FAILED", "PEMS has no two rentals to edit")
    }
    rentals = (found[0], found[1])
  }

  /// A field as PEMS has it, JSON.
  static func value(_ stage: DemoStage, _ pfaId: String, _ field: String) -> String? {
    stage.services.pems.rows(organization: DemoStory.organization).first { $0.pfaId == pfaId }
      .flatMap { FieldValues(json: $0.data) }.map { String(decoding: $0[field].literal, as: UTF8.self) }
  }
}

extension DemoStage {
  /// The id of the only conflict.
  fileprivate func conflict() async throws -> String {
    guard case .array(let rows) = try await facts("conflicts list --status open"), rows.count == 1,
      let id = rows[0]["id"]?.string
    else { throw CommandError(.failure, "DEMO_FAILED", "there should be one open conflict") }
    return id
  }

  fileprivate func untilPushed(_ count: Int) async throws {
    let deadline = Deadline(after: .seconds(30))
    while !deadline.hasPassed {
      if case .array(let edits) = try await facts("drafts list --state synced"), edits.count == count { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw CommandError(.failure, "DEMO_FAILED", "the edits did not reach PEMS: \(workers.lastWords)")
  }
}
