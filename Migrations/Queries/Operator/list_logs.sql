-- The newest rows of the sync log. Ids rise with the start of a run, so that all organizations together are read
-- along the primary key.
-- $1 organization or null  $2 status or null  $3 how many
-- Indexes: pfa_sync_log_pkey, pfa_sync_log_recent.
SELECT id, job_id, stream, attempt, organization_id, sync_type, sync_direction, source, status, received, inserted, updated, unchanged,
  stale, discontinued, conflicted, rejected, swept, pages, error_code, error_message, started_at, completed_at, duration_ms
FROM pfa_sync_log
WHERE ($1::text IS NULL OR organization_id = $1) AND ($2::text IS NULL OR status = $2)
ORDER BY id DESC LIMIT $3::int
