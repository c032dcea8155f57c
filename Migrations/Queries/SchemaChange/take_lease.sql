-- Takes the lease of a project by compare-and-set; no row: another version, or not ready any more. Its schema data is
-- untouched.
-- $1 organization  $2 project  $3 version  $4 token  $5 holder  $6 lease in ms
UPDATE projects
SET status = 'applying', locked_by = $5, locked_at = clock_timestamp(), lock_token = $4::uuid,
  lock_expires_at = clock_timestamp() + make_interval(secs => $6::bigint / 1000.0)
WHERE organization_id = $1 AND id = $2 AND version = $3::int
  AND (status = 'ready' OR status = 'applying' AND coalesce(lock_expires_at < clock_timestamp(), true))
RETURNING version
