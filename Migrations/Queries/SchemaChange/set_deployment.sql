-- Says where the tables of an organization are. $1 organization, or null for all that have none of their own  $2 target
-- $3 schema or null  $4 status
INSERT INTO deployment_configs AS d (organization_id, target, schema_name, status) VALUES ($1, $2, $3, $4)
ON CONFLICT (organization_id) DO UPDATE
SET target = excluded.target, schema_name = excluded.schema_name, status = excluded.status
RETURNING id, organization_id, target, schema_name, status, updated_at
