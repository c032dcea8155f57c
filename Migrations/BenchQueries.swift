/// The statements of the benchmarks.
extension Queries {
  package static let benchApplyBare = SQLCatalog.text(PackageResources.bench_apply_bare_sql)
  package static let benchFillWal = SQLCatalog.text(PackageResources.bench_fill_wal_sql)
  package static let benchFillDrafts = SQLCatalog.text(PackageResources.bench_fill_drafts_sql)
  package static let benchFillRecords = SQLCatalog.text(PackageResources.bench_fill_records_sql)
  package static let benchHotGroup = SQLCatalog.text(PackageResources.bench_hot_group_sql)
  package static let benchLiveKPIs = SQLCatalog.text(PackageResources.bench_live_kpis_sql)
  package static let benchLiveTimeline = SQLCatalog.text(PackageResources.bench_live_timeline_sql)
  package static let benchCopyIn = SQLCatalog.text(PackageResources.bench_copy_in_sql)
  package static let benchCopyOut = SQLCatalog.text(PackageResources.bench_copy_out_sql)
  package static let benchIndexes = SQLCatalog.text(PackageResources.bench_indexes_sql)
  package static let benchJournal = SQLCatalog.text(PackageResources.bench_journal_sql)
  package static let benchMerge = SQLCatalog.text(PackageResources.bench_merge_sql)
  package static let benchSchemaFillBig = SQLCatalog.text(PackageResources.bench_schema_fill_big_sql)
  package static let benchSchemaFillOther = SQLCatalog.text(PackageResources.bench_schema_fill_other_sql)
  package static let benchSchemaReadOther = SQLCatalog.text(PackageResources.bench_schema_read_other_sql)
  package static let benchSchemaWriteOther = SQLCatalog.text(PackageResources.bench_schema_write_other_sql)
  package static let benchSchemaWriteBig = SQLCatalog.text(PackageResources.bench_schema_write_big_sql)
  package static let benchSearchPath = SQLCatalog.text(PackageResources.bench_search_path_sql)
  package static let benchCheckVersion = SQLCatalog.text(PackageResources.bench_check_version_sql)
  package static let benchContainment = SQLCatalog.text(PackageResources.bench_containment_sql)
  package static let benchFillPending = SQLCatalog.text(PackageResources.bench_fill_pending_sql)
  package static let benchFillReads = SQLCatalog.text(PackageResources.bench_fill_reads_sql)
  package static let benchFillSession = SQLCatalog.text(PackageResources.bench_fill_session_sql)
  package static let benchFilter = SQLCatalog.text(PackageResources.bench_filter_sql)
  package static let benchIndexDefinitions = SQLCatalog.text(PackageResources.bench_index_definitions_sql)
  package static let benchMerged = SQLCatalog.text(PackageResources.bench_merged_sql)
  package static let benchSearch = SQLCatalog.text(PackageResources.bench_search_sql)
  package static let benchSeenVersion = SQLCatalog.text(PackageResources.bench_seen_version_sql)
  package static let benchSizes = SQLCatalog.text(PackageResources.bench_sizes_sql)
  package static let benchVersionedEdit = SQLCatalog.text(PackageResources.bench_versioned_edit_sql)
  package static let benchVersions = SQLCatalog.text(PackageResources.bench_versions_sql)
  package static let benchWriteWhole = SQLCatalog.text(PackageResources.bench_write_whole_sql)
  package static let benchHeld = SQLCatalog.text(PackageResources.bench_held_sql)
  package static let benchOwner = SQLCatalog.text(PackageResources.bench_owner_sql)
  package static let benchVersion = SQLCatalog.text(PackageResources.bench_version_sql)
  package static let benchWAL = SQLCatalog.text(PackageResources.bench_wal_sql)

  /// By file name, as in ``all``.
  static let bench: [(name: String, sql: String)] = [
    ("bench_apply_bare", benchApplyBare),
    ("bench_fill_wal", benchFillWal),
    ("bench_fill_drafts", benchFillDrafts),
    ("bench_fill_records", benchFillRecords),
    ("bench_hot_group", benchHotGroup),
    ("bench_live_kpis", benchLiveKPIs),
    ("bench_live_timeline", benchLiveTimeline),
    ("bench_indexes", benchIndexes),
    ("bench_journal", benchJournal),
    ("bench_merge", benchMerge),
    ("bench_check_version", benchCheckVersion),
    ("bench_containment", benchContainment),
    ("bench_fill_pending", benchFillPending),
    ("bench_fill_reads", benchFillReads),
    ("bench_fill_session", benchFillSession),
    ("bench_filter", benchFilter),
    ("bench_index_definitions", benchIndexDefinitions),
    ("bench_merged", benchMerged),
    ("bench_search", benchSearch),
    ("bench_seen_version", benchSeenVersion),
    ("bench_sizes", benchSizes),
    ("bench_versioned_edit", benchVersionedEdit),
    ("bench_versions", benchVersions),
    ("bench_write_whole", benchWriteWhole),
    ("bench_held", benchHeld),
    ("bench_owner", benchOwner),
    ("bench_version", benchVersion),
    ("bench_wal", benchWAL),
  ]
}
