-- Keeps an attempt that came to nothing as a row of its own; the request waits for the next. $1 request  $2 attempt
-- $3 code  $4 message
WITH tried AS (
  INSERT INTO schema_changes (change_id, job_id, attempt, organization_id, project_id, change_type, change_data, old_value, new_value,
    status, sql_executed, error_code, error, from_version, to_version, created_by)
  SELECT change_id, job_id, $2::int, organization_id, project_id, change_type, change_data, old_value, new_value,
    'failed', sql_executed, $3, $4, from_version, to_version, created_by
  FROM schema_changes WHERE id = $1::bigint
)
UPDATE schema_changes SET status = 'pending', change_id = gen_random_uuid() WHERE id = $1::bigint AND status IN ('pending', 'applying')
RETURNING id
