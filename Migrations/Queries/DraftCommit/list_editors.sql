-- Which of these users may write in the organization, at this moment, and whether it is active: while it is suspended
-- nobody may. One row at least, with a null user when none of them may.
-- $1 organization  $2 users
SELECT p.user_id, o.status = 'active' AS is_active
FROM organization o
LEFT JOIN org_permission p ON p.organization_id = o.id AND p.user_id = ANY ($2::text[]) AND p.level IN ('write', 'admin')
WHERE o.id = $1
