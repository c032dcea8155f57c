-- Takes a lease over from an attempt that must be brought to its end; no row: somebody else did.
-- $1 organization  $2 project  $3 token it has now or null  $4 new token  $5 holder  $6 lease in ms
UPDATE projects
SET locked_by = $5, locked_at = clock_timestamp(), lock_token = $4::uuid,
  lock_expires_at = clock_timestamp() + make_interval(secs => $6::bigint / 1000.0)
WHERE organization_id = $1 AND id = $2 AND status = 'applying' AND lock_token IS NOT DISTINCT FROM $3::uuid
RETURNING version
