-- Lets a lease go without effect. $1 organization  $2 project  $3 token  $4 status: ready, or error
UPDATE projects
SET status = $4, locked_by = NULL, locked_at = NULL, lock_expires_at = NULL, lock_token = NULL
WHERE organization_id = $1 AND id = $2 AND lock_token = $3::uuid
RETURNING version
