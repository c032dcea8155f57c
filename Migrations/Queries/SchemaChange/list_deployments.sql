-- Where the tables of organizations are; the shared configuration last.
SELECT id, organization_id, target, schema_name, status, updated_at FROM deployment_configs ORDER BY organization_id NULLS LAST
