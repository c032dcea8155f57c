-- Finished jobs that are too old, with their pages, and their history. $1 organization  $2 kept seconds  $3 how many at
-- most One row: how many. A job that a firing still waits for stays. Indexes: sync_job_finished, sync_event_key.
WITH old AS (
  SELECT id FROM sync_job
  WHERE finished_at < now() - make_interval(secs => $2::bigint) AND organization_id = $1
    AND NOT EXISTS (SELECT FROM job_firing f WHERE f.organization_id = $1 AND f.finished_at IS NULL AND f.job_id = sync_job.id)
  ORDER BY finished_at LIMIT $3::int
),
history AS (
  DELETE FROM sync_event e USING old WHERE e.organization_id = $1 AND e.stream = 'job/' || old.id
),
gone AS (
  DELETE FROM sync_job j USING old WHERE j.id = old.id RETURNING 1
)
SELECT count(*) AS rows FROM gone
