-- The transaction of this database that has been open for longest; no row: none, or none that this login may see.
-- Reads the activity view only.
SELECT pid, coalesce(usename, '') AS login, coalesce(application_name, '') AS application, coalesce(state, '') AS state,
  extract(epoch FROM now() - xact_start)::bigint AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'
ORDER BY xact_start LIMIT 1
