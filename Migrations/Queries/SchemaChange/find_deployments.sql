-- The organization's own configuration and the shared one, those that there are. $1 organization
SELECT organization_id IS NOT NULL AS is_own, target, schema_name, status
FROM deployment_configs WHERE organization_id = $1 OR organization_id IS NULL
