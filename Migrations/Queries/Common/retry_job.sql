-- Puts a job back after a transient failure; an attempt that asked for nothing does not count.
-- $1 job  $2 token  $3 delay in ms  $4 code  $5 message  $6 whether it counts
UPDATE sync_job
SET state = 'retrying', run_at = clock_timestamp() + make_interval(secs => $3::bigint / 1000.0),
  lease_token = NULL, lease_expires_at = NULL,
  error_code = $4, error_message = $5, attempt = CASE WHEN $6::bool THEN attempt ELSE greatest(0, attempt - 1) END
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
RETURNING run_at
