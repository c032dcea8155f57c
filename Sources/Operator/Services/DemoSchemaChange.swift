import SyncDomain

extension DemoStep {
  /// Tables that the organization defines for itself.
  static let schemaChange = DemoStep("a schema change: planned, applied to its target, written down") { stage in
    let organization = DemoStory.organization
    try await stage.run("schema target --set --yes")
    try await stage.run(
      "schema apply plan --organization \(organization) --change '{\"type\":\"create_project\",\"name\":\"Plan\"}' --wait"
    )
    let columns =
      #"[{"id":"number","type":"text","nullable":false},{"id":"amount","type":"numeric(12,2)","default":0}]"#
    let table = #"{"type":"add_table","table":{"id":"orders","name":"Orders","columns":\#(columns)}}"#
    try await stage.run("schema apply plan --change '\(table)' --wait")
    let change = #"{"type":"alter_column_type","table_id":"orders","column_id":"amount","new_type":"bigint"}"#
    try await stage.run("schema plan plan --change '\(change)'")
    try await stage.run("schema status")
    try await stage.run("schema history plan")
    let status = try await stage.facts("schema status plan")
    guard case .array(let projects) = status, let project = projects.first else { return }
    try stage.check(
      project["version"]?.integer == 2 && project["status"]?.string == "ready",
      "the target has the table, the project is at version 2, and no lease is held")
  }
}
