-- Makes the next attempt of a job due at once, and says so in its history. $1 id  $2 why
-- No row: there is no such job, or it does not wait for another attempt. Locks: the job, whose holder alone appends to
-- its history.
-- Indexes: sync_job_pkey, sync_event_key.
WITH due AS (
  UPDATE sync_job
  SET run_at = least(run_at, now()), parameters = parameters || jsonb_strip_nulls(jsonb_build_object('retryReason', $2::text))
  WHERE id = $1::uuid AND state = 'retrying'
  RETURNING id, kind, organization_id, 'job/' || id AS stream
),
event AS (
  INSERT INTO sync_event (organization_id, stream, version, type, metadata)
  SELECT d.organization_id, d.stream,
    (SELECT coalesce(max(e.version), -1) + 1 FROM sync_event e WHERE e.organization_id = d.organization_id AND e.stream = d.stream),
    'job.hastened',
    jsonb_strip_nulls(jsonb_build_object('actor', coalesce(syncline_actor(), session_user::text), 'reason', $2::text))
  FROM due d
),
told AS (
  SELECT pg_notify('syncline_job', kind) FROM due
)
SELECT d.id, (SELECT count(*) FROM told) AS told FROM due d
