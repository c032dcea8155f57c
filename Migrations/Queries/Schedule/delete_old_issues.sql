-- Issues of records that are too old. $1 organization  $2 kept seconds  $3 how many at most
-- One row: how many. Reads the issues of the organization.
WITH old AS (
  SELECT id FROM sync_record_issue
  WHERE organization_id = $1 AND created_at < now() - make_interval(secs => $2::bigint) ORDER BY id LIMIT $3::int
),
gone AS (
  DELETE FROM sync_record_issue i USING old WHERE i.id = old.id RETURNING 1
)
SELECT count(*) AS rows FROM gone
