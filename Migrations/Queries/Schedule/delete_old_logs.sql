-- Rows of the sync log that are too old. $1 organization  $2 kept seconds  $3 how many at most
-- One row: how many. The newest success of an organization stays: it says how fresh its records are. So does a row
-- whose job is there. Index: pfa_sync_log_recent.
WITH old AS (
  SELECT l.id FROM pfa_sync_log l
  WHERE l.organization_id = $1 AND l.started_at < now() - make_interval(secs => $2::bigint) AND l.completed_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM sync_job j WHERE j.id = l.job_id)
    AND l.id <> coalesce((
      SELECT s.id FROM pfa_sync_log s
      WHERE s.organization_id = $1 AND s.job_id IS NOT NULL AND s.sync_direction = 'read'
        AND s.status IN ('completed', 'completed_with_errors')
      ORDER BY s.started_at DESC LIMIT 1), 0)
  ORDER BY l.started_at LIMIT $3::int
),
gone AS (
  DELETE FROM pfa_sync_log l USING old WHERE l.id = old.id RETURNING 1
)
SELECT count(*) AS rows FROM gone
