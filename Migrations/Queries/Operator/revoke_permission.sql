-- Takes what a user may do in an organization away; no row: there was nothing. $1 user  $2 organization
-- Locks: the row. Index: org_permission_pkey.
DELETE FROM org_permission WHERE user_id = $1 AND organization_id = $2
RETURNING user_id
