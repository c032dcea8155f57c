-- Every table in public by size: bytes of its rows and in all, live and dead rows, when it was vacuumed and analyzed
-- last. Reads statistics and the sizes of files.
SELECT relname AS table_name, pg_table_size(relid) AS bytes, pg_total_relation_size(relid) AS total_bytes,
  n_live_tup AS live, n_dead_tup AS dead, greatest(last_vacuum, last_autovacuum) AS last_vacuum,
  greatest(last_analyze, last_autoanalyze) AS last_analyze
FROM pg_stat_user_tables
WHERE schemaname = 'public'
ORDER BY pg_total_relation_size(relid) DESC, relname
