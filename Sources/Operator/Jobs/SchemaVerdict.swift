import SyncStore

/// Where a schema change that runs is, in one clause. Pure.
enum SchemaVerdict {
  static func running(_ change: JobCircumstances.Change) -> String {
    let project = "project \(change.project ?? "unknown")"
    guard change.isApplying else {
      // It asks again in a moment, three times.
      if change.lockedBy != nil { return "runs; waits for the lease of \(project)" }
      return "runs; is about to change \(project)" + (change.projectVersion.map { ", now at version \($0)" } ?? "")
    }
    let versions = "from version \(change.fromVersion ?? 0) to \(change.toVersion ?? 0)"
    guard let steps = change.steps else { return "runs; changes \(project) \(versions) in its target" }
    return "runs; changes \(project) \(versions) in safe steps: \(text(steps))"
  }

  private static func text(_ steps: JobCircumstances.Steps) -> String {
    let table = steps.table.map { ", table \($0)" } ?? ""
    guard steps.rows > 0 else { return "step \(steps.step) of \(steps.steps)\(table)" }
    let share = steps.tableRows.map { " of about \($0)" } ?? ""
    return "step \(steps.step) of \(steps.steps)\(table), \(steps.rows)\(share) rows filled"
  }
}
