-- Gives a project its new schema and lets the lease go; no row: the lease is not ours any more, or the version is
-- another. $1 organization  $2 project  $3 token  $4 from version  $5 to version  $6 new schema data
UPDATE projects
SET schema_data = $6::jsonb, version = $5::int, last_applied_version = $5::int, status = 'ready', locked_by = NULL,
  locked_at = NULL, lock_expires_at = NULL, lock_token = NULL
WHERE organization_id = $1 AND id = $2 AND lock_token = $3::uuid AND version = $4::int
RETURNING version
