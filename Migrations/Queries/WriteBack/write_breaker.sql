-- Changes how a tenant's upstream does, if nobody else has since it was read; no row: somebody has. What was said of
-- the last failure stays until it answers.
-- $1 tenant  $2 revision that was read  $3 failures  $4 openings  $5 open until  $6 probe until (seconds since 1970)
-- $7 code or null  $8 message or null
-- Locks: the tenant's row. Index: upstream_budget_pkey.
UPDATE upstream_budget
SET failures = $3::int, openings = $4::int,
  open_until = to_timestamp($5::float8), probe_until = to_timestamp($6::float8),
  open_since = CASE WHEN $4::int > 0 THEN coalesce(open_since, clock_timestamp()) END,
  error_code = CASE WHEN $3::int + $4::int > 0 THEN coalesce($7::text, error_code) END,
  error_message = CASE WHEN $3::int + $4::int > 0 THEN coalesce($8::text, error_message) END,
  revision = revision + 1
WHERE tenant = $1 AND revision = $2::bigint
RETURNING revision
