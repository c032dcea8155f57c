-- Firings that ended long ago. $1 organization  $2 kept seconds  $3 how many at most
-- One row: how many. Those of the schedule's last decided instant stay. Index:
-- job_firing_job_organization_id_due_at_key.
WITH old AS (
  SELECT f.id FROM job_firing f
  WHERE f.organization_id = $1 AND f.finished_at < now() - make_interval(secs => $2::bigint)
    AND NOT EXISTS (SELECT FROM job_schedule s WHERE s.job = f.job AND s.organization_id = $1 AND s.handled_until <= f.due_at)
  ORDER BY f.due_at LIMIT $3::int
),
gone AS (
  DELETE FROM job_firing f USING old WHERE f.id = old.id RETURNING 1
)
SELECT count(*) AS rows FROM gone
