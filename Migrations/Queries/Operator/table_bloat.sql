-- Tables where more than this share of at least 10,000 rows is dead, the worst first. Reads statistics only.
-- $1 share, 0 to 1
SELECT relname AS table_name, n_live_tup AS live, n_dead_tup AS dead, last_autovacuum
FROM pg_stat_user_tables
WHERE schemaname = 'public' AND n_dead_tup >= 10000 AND n_dead_tup > $1::float8 * (n_live_tup + n_dead_tup)
ORDER BY n_dead_tup DESC LIMIT 5
