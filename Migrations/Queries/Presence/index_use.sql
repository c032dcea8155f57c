-- Every index in public with how often it was used since statistics began. Reads statistics only.
SELECT relname AS table_name, indexrelname AS index_name, idx_scan AS scans
FROM pg_stat_user_indexes
WHERE schemaname = 'public'
ORDER BY indexrelname
