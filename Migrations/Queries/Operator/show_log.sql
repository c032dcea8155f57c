-- One row of the sync log, by its id or its job's; no row: there is none. $1 id or null  $2 job or null
-- Indexes: pfa_sync_log_pkey, pfa_sync_log_job_id_key.
SELECT id, job_id, stream, attempt, organization_id, sync_type, sync_direction, source, status, received, inserted, updated, unchanged,
  stale, discontinued, conflicted, rejected, swept, pages, error_code, error_message, started_at, completed_at, duration_ms
FROM pfa_sync_log WHERE id = $1::bigint OR job_id = $2::uuid
