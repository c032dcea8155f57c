-- Removes a project under its lease: it was dropped, or it did not come to be. $1 organization  $2 project  $3 token
DELETE FROM projects WHERE organization_id = $1 AND id = $2 AND lock_token = $3::uuid
RETURNING id
