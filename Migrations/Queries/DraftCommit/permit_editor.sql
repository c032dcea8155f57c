-- Lets a user edit the records of an organization. $1 user  $2 organization
INSERT INTO org_permission (user_id, organization_id, level) VALUES ($1, $2, 'write')
ON CONFLICT (user_id, organization_id) DO UPDATE SET level = excluded.level
