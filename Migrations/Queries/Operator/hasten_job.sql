-- Makes the next attempt of a job due at once. $1 id  $2 why
-- No row: there is no such job, or it does not wait for another attempt. Locks: the job. Index: sync_job_pkey.
WITH due AS (
  UPDATE sync_job
  SET run_at = least(run_at, now()), parameters = parameters || jsonb_strip_nulls(jsonb_build_object('retryReason', $2::text))
  WHERE id = $1::uuid AND state = 'retrying'
  RETURNING id, kind
),
told AS (
  SELECT pg_notify('syncline_job', kind) FROM due
)
SELECT d.id, (SELECT count(*) FROM told) AS told FROM due d
