-- Projects with their leases and how often they were changed. $1 project or null  $2 organization or null  $3 how many
-- Indexes: projects_pkey or projects_organization; schema_changes_project.
SELECT p.id, p.organization_id, p.name, p.version, p.status, p.locked_by, p.locked_at, p.lock_expires_at, p.last_applied_version,
  jsonb_array_length(CASE jsonb_typeof(p.schema_data -> 'tables') WHEN 'array' THEN p.schema_data -> 'tables' ELSE '[]' END) AS tables,
  h.changes, h.failures, h.applied_at,
  (SELECT count(*) FROM schema_changes q WHERE q.project_id = p.id AND q.status IN ('pending', 'applying')) AS waiting
FROM projects p
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE c.status = 'applied') AS changes, count(*) FILTER (WHERE c.status = 'failed') AS failures,
    max(c.applied_at) AS applied_at
  FROM schema_changes c WHERE c.project_id = p.id
) h
WHERE ($1::text IS NULL OR p.id = $1) AND ($2::text IS NULL OR p.organization_id = $2)
ORDER BY p.organization_id, p.id LIMIT $3::int
