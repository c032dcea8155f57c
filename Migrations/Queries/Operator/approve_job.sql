-- Lets a job that waits for approval go on: it is running again under a lease that is past, so that the next worker
-- takes it over.
-- $1 id  $2 reason or null
-- No row: there is no such job, or it does not wait for approval. Locks: the job, its log row.
-- Indexes: sync_job_pkey, pfa_sync_log_job_id_key.
WITH approved AS (
  UPDATE sync_job
  SET state = 'running', lease_token = NULL, lease_owner = NULL, lease_expires_at = now() - interval '1 second', error_code = NULL,
    error_message = NULL,
    parameters = parameters || jsonb_strip_nulls(jsonb_build_object('approved', true, 'approvalReason', $2::text))
  WHERE id = $1::uuid AND state = 'awaiting_approval'
  RETURNING id, kind
),
log AS (
  UPDATE pfa_sync_log l SET status = 'running', error_code = NULL, error_message = NULL
  FROM approved a WHERE l.job_id = a.id
),
told AS (
  SELECT pg_notify('syncline_job', kind) FROM approved
)
SELECT a.id, (SELECT count(*) FROM told) AS told FROM approved a
