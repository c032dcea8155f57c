extension SQLCatalog {
  /// In the order they run.
  package static let migrations: [Migration] = [
    Migration(
      version: 1, name: "foundation", up: text(PackageResources.V0001_foundation_up_sql),
      down: text(PackageResources.V0001_foundation_down_sql)),
    Migration(
      version: 2, name: "mirror", up: text(PackageResources.V0002_mirror_up_sql),
      down: text(PackageResources.V0002_mirror_down_sql)),
    Migration(
      version: 3, name: "kpi", up: text(PackageResources.V0003_kpi_up_sql),
      down: text(PackageResources.V0003_kpi_down_sql)),
    Migration(
      version: 4, name: "jobs", up: text(PackageResources.V0004_jobs_up_sql),
      down: text(PackageResources.V0004_jobs_down_sql)),
    Migration(
      version: 5, name: "messaging", up: text(PackageResources.V0005_messaging_up_sql),
      down: text(PackageResources.V0005_messaging_down_sql)),
    Migration(
      version: 6, name: "summaries", up: text(PackageResources.V0006_summaries_up_sql),
      down: text(PackageResources.V0006_summaries_down_sql)),
    Migration(
      version: 7, name: "indexes", up: text(PackageResources.V0007_indexes_up_sql),
      down: text(PackageResources.V0007_indexes_down_sql)),
    Migration(
      version: 8, name: "row_security", up: text(PackageResources.V0008_row_security_up_sql),
      down: text(PackageResources.V0008_row_security_down_sql)),
    Migration(
      version: 9, name: "versioned_edits", up: text(PackageResources.V0009_versioned_edits_up_sql),
      down: text(PackageResources.V0009_versioned_edits_down_sql)),
    Migration(
      version: 10, name: "monitoring", up: text(PackageResources.V0010_monitoring_up_sql),
      down: text(PackageResources.V0010_monitoring_down_sql)),
    Migration(
      version: 11, name: "drafts", up: text(PackageResources.V0011_drafts_up_sql),
      down: text(PackageResources.V0011_drafts_down_sql)),
    Migration(
      version: 12, name: "journal", up: text(PackageResources.V0012_journal_up_sql),
      down: text(PackageResources.V0012_journal_down_sql)),
    Migration(
      version: 13, name: "pushes", up: text(PackageResources.V0013_pushes_up_sql),
      down: text(PackageResources.V0013_pushes_down_sql)),
    Migration(
      version: 14, name: "schema_changes", up: text(PackageResources.V0014_schema_changes_up_sql),
      down: text(PackageResources.V0014_schema_changes_down_sql)),
    Migration(
      version: 15, name: "edits", up: text(PackageResources.V0015_edits_up_sql),
      down: text(PackageResources.V0015_edits_down_sql)),
    Migration(
      version: 16, name: "schedule", up: text(PackageResources.V0016_schedule_up_sql),
      down: text(PackageResources.V0016_schedule_down_sql)),
    Migration(
      version: 17, name: "operations", up: text(PackageResources.V0017_operations_up_sql),
      down: text(PackageResources.V0017_operations_down_sql)),
    Migration(
      version: 18, name: "presence", up: text(PackageResources.V0018_presence_up_sql),
      down: text(PackageResources.V0018_presence_down_sql)),
    Migration(
      version: 19, name: "decisions", up: text(PackageResources.V0019_decisions_up_sql),
      down: text(PackageResources.V0019_decisions_down_sql)),
    Migration(
      version: 23, name: "analytics", up: text(PackageResources.V0023_analytics_up_sql),
      down: text(PackageResources.V0023_analytics_down_sql)),
    Migration(
      version: 24, name: "evidence", up: text(PackageResources.V0024_evidence_up_sql),
      down: text(PackageResources.V0024_evidence_down_sql)),
    Migration(
      version: 25, name: "answers", up: text(PackageResources.V0025_answers_up_sql),
      down: text(PackageResources.V0025_answers_down_sql)),
    Migration(
      version: 26, name: "search", up: text(PackageResources.V0026_search_up_sql),
      down: text(PackageResources.V0026_search_down_sql)),
    Migration(
      version: 28, name: "merges", up: text(PackageResources.V0028_merges_up_sql),
      down: text(PackageResources.V0028_merges_down_sql)),
    Migration(
      version: 29, name: "breakers", up: text(PackageResources.V0029_breakers_up_sql),
      down: text(PackageResources.V0029_breakers_down_sql)),
    Migration(
      version: 30, name: "contract", up: text(PackageResources.V0030_contract_up_sql),
      down: text(PackageResources.V0030_contract_down_sql)),
    Migration(
      version: 31, name: "plans", up: text(PackageResources.V0031_plans_up_sql),
      down: text(PackageResources.V0031_plans_down_sql)),
    Migration(
      version: 32, name: "told", up: text(PackageResources.V0032_told_up_sql),
      down: text(PackageResources.V0032_told_down_sql)),
    Migration(
      version: 33, name: "roles", up: text(PackageResources.V0033_roles_up_sql),
      down: text(PackageResources.V0033_roles_down_sql)),
    Migration(
      version: 34, name: "batches", up: text(PackageResources.V0034_batches_up_sql),
      down: text(PackageResources.V0034_batches_down_sql)),
    Migration(
      version: 35, name: "flags", up: text(PackageResources.V0035_flags_up_sql),
      down: text(PackageResources.V0035_flags_down_sql)),
    Migration(
      version: 36, name: "requests", up: text(PackageResources.V0036_requests_up_sql),
      down: text(PackageResources.V0036_requests_down_sql)),
  ]
}
