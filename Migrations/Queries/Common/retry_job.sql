-- Puts a job back after a transient failure. $1 job  $2 token  $3 delay in ms  $4 code  $5 message
UPDATE sync_job
SET state = 'retrying', run_at = clock_timestamp() + make_interval(secs => $3::bigint / 1000.0),
  lease_token = NULL, lease_expires_at = NULL,
  error_code = $4, error_message = $5
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
RETURNING run_at
