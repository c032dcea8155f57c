-- Which of these users may write in the organization, at this moment; none while it is suspended. $1 organization  $2
-- users
SELECT user_id FROM org_permission
WHERE organization_id = $1 AND user_id = ANY ($2::text[]) AND level IN ('write', 'admin')
  AND EXISTS (SELECT FROM organization WHERE id = $1 AND status = 'active')
