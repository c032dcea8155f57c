-- Which of these users may write in the organization, at this moment. $1 organization  $2 users
SELECT user_id FROM org_permission
WHERE organization_id = $1 AND user_id = ANY ($2::text[]) AND level IN ('write', 'admin')
