-- The end of a request: applied, or failed with a code. $1 request  $2 attempt  $3 code or null  $4 message or null
-- $5 the SQL that was executed after all, or null: what was intended
UPDATE schema_changes
SET status = CASE WHEN $3::text IS NULL THEN 'applied' ELSE 'failed' END, attempt = $2::int, error_code = $3::text, error = $4,
  sql_executed = coalesce($5, sql_executed),
  applied_at = CASE WHEN $3::text IS NULL THEN clock_timestamp() END
WHERE id = $1::bigint AND status IN ('pending', 'applying')
RETURNING id
