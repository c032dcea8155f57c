-- A project and the attempt that holds it, if any; no row: the organization has no such project.
-- $1 organization  $2 project
-- Indexes: projects_pkey, schema_changes_order.
SELECT p.name, p.schema_data::text AS schema_data, p.version, p.status, p.locked_by, p.lock_token, p.lock_expires_at,
  coalesce(p.lock_expires_at > clock_timestamp(), false) AS is_held,
  c.id AS intent_id, c.change_id, c.job_id, c.from_version, c.to_version, c.new_value::text AS new_value,
  c.change_data::text AS change_data
FROM projects p
LEFT JOIN schema_changes c ON c.organization_id = p.organization_id AND c.project_id = p.id AND c.status = 'applying'
WHERE p.organization_id = $1 AND p.id = $2
ORDER BY c.id LIMIT 1
