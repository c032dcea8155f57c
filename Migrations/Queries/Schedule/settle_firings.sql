-- Firings take over what became of their jobs; those that changed come back.
-- Locks: their rows. Indexes: job_firing_open, sync_job_pkey.
UPDATE job_firing f
SET state = CASE WHEN j.finished_at IS NULL THEN 'running' ELSE j.state END, finished_at = j.finished_at,
  detail = CASE WHEN j.finished_at IS NOT NULL THEN nullif(concat_ws(': ', j.error_code, j.error_message), '') END
FROM sync_job j
WHERE j.id = f.job_id AND f.finished_at IS NULL AND f.state IN ('requested', 'running')
  AND (j.finished_at IS NOT NULL OR f.state = 'requested' AND j.state <> 'queued')
RETURNING f.id, f.job, f.organization_id, f.kind, f.state, f.attempt, f.detail
