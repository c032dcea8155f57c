-- Holds a lease that is ours for longer; no row: it is not ours any more. $1 organization  $2 project  $3 token  $4 ms
UPDATE projects SET lock_expires_at = clock_timestamp() + make_interval(secs => $4::bigint / 1000.0)
WHERE organization_id = $1 AND id = $2 AND status = 'applying' AND lock_token = $3::uuid
RETURNING version
