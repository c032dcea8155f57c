-- Ends a dry run with what it found; it has no log row, because it changed nothing. $1 job  $2 token  $3 result
UPDATE sync_job
SET state = 'succeeded', result = 'clean', finished_at = now(), lease_token = NULL, lease_expires_at = NULL, progress = $3::jsonb
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
RETURNING id
