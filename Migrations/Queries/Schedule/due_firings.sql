-- Firings that wait and may start, highest priority first, and those that take too long. $1 now in seconds since 1970
-- A job that waits for approval is not late: a person is. Indexes: job_firing_open, sync_job_pkey.
SELECT f.id, f.job, f.organization_id, f.kind, f.state, f.attempt, f.job_id, extract(epoch FROM f.due_at)::bigint AS due_at,
  f.state <> 'waiting' AS is_late
FROM job_firing f
WHERE f.finished_at IS NULL
  AND (f.state = 'waiting' AND f.run_at <= to_timestamp($1::bigint)
    OR f.state IN ('requested', 'running') AND f.job_id IS NOT NULL AND f.timeout_at <= to_timestamp($1::bigint)
      AND NOT EXISTS (SELECT FROM sync_job j WHERE j.id = f.job_id AND j.state = 'awaiting_approval'))
ORDER BY f.priority DESC, f.due_at, f.job, f.organization_id
LIMIT 500
