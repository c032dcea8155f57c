-- Ends a job; no row: it is no longer ours. $1 job  $2 token  $3 state  $4 result or null  $5 code  $6 message  $7
-- progress
UPDATE sync_job
SET state = $3, result = $4, finished_at = clock_timestamp(), lease_token = NULL, lease_expires_at = NULL, error_code = $5,
  error_message = $6, progress = $7::jsonb
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
RETURNING id
