-- The newest attempts of schema changes. $1 project or null  $2 organization or null  $3 only what was not applied
-- $4 how many  $5 job or null
SELECT id, change_id, job_id, attempt, organization_id, project_id, change_type, change_data, old_value, new_value, status, sql_executed,
  error_code, error, from_version, to_version, created_at, applied_at, created_by
FROM schema_changes
WHERE ($1::text IS NULL OR project_id = $1) AND ($2::text IS NULL OR organization_id = $2) AND (NOT $3::boolean OR status <> 'applied')
  AND ($5::uuid IS NULL OR job_id = $5)
ORDER BY id DESC LIMIT $4::int
