-- Claims one job: a due one, or one whose worker went silent. The fresh token fences every earlier claim.
-- New work of a suspended organization waits, and what is paused, and work whose turn has not come; what runs already
-- goes on. Of equal priority, an organization with fewer running jobs comes first, so that one tenant's many do not
-- keep another's few waiting.
-- $1 kinds  $2 owner  $3 lease in seconds
-- Locks: the job's row; rows others are claiming are skipped. Indexes: sync_job_open, organization_pkey.
WITH candidate AS MATERIALIZED (
  SELECT q.id, q.state FROM sync_job q
  WHERE q.kind = ANY ($1::text[])
    AND (q.state IN ('queued', 'retrying') AND q.run_at <= now()
        AND EXISTS (SELECT FROM organization o WHERE o.id = q.organization_id AND o.status = 'active')
        AND NOT queue_is_paused(q.kind, q.organization_id)
        AND sync_job_may_start(q)
      OR q.state = 'running' AND q.lease_expires_at < now())
  ORDER BY q.priority DESC, (SELECT count(*) FROM sync_job r
      WHERE r.kind = q.kind AND r.state = 'running' AND r.organization_id = q.organization_id AND r.lease_expires_at >= now()),
    q.run_at LIMIT 1
  FOR UPDATE SKIP LOCKED
)
UPDATE sync_job j
SET state = 'running', attempt = j.attempt + (j.state <> 'running')::int, lease_token = gen_random_uuid(),
  lease_owner = $2, lease_expires_at = clock_timestamp() + make_interval(secs => $3::int),
  started_at = coalesce(j.started_at, now()), error_code = NULL, error_message = NULL
FROM candidate c
WHERE j.id = c.id
RETURNING j.id, j.organization_id, j.kind, j.attempt, j.lease_token, j.parameters, j.requested_by,
  c.state = 'running' AS taken_over, extract(epoch FROM clock_timestamp() - j.started_at)::float8 AS elapsed
