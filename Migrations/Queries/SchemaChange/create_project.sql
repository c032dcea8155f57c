-- Begins a project, under the lease of the change that creates it; no row: the id is taken.
-- $1 organization  $2 project  $3 name  $4 token  $5 holder  $6 lease in ms
INSERT INTO projects (id, organization_id, name, version, status, locked_by, locked_at, lock_token, lock_expires_at)
VALUES ($2, $1, $3, 0, 'applying', $5, clock_timestamp(), $4::uuid, clock_timestamp() + make_interval(secs => $6::bigint / 1000.0))
ON CONFLICT (id) DO NOTHING
RETURNING version
