-- Gives a user a level in an organization; no row: the user has it already, and nothing changed.
-- $1 user  $2 organization  $3 level. Locks: the row. Index: org_permission_pkey.
INSERT INTO org_permission AS p (user_id, organization_id, level) VALUES ($1, $2, $3)
ON CONFLICT (user_id, organization_id) DO UPDATE SET level = excluded.level, granted_at = now() WHERE p.level <> excluded.level
RETURNING user_id
