-- Ends a request that no worker has taken: its job is there from now on, cancelled, so that the message changes nothing
-- whenever it is read.
-- $1 job  $2 why
-- No row: a worker was faster, or nobody noted the request in a way that says which event it is.
-- Locks: the new job. Indexes: job_request_pkey, sync_job_pkey, (kind, idempotency_key).
INSERT INTO sync_job (id, organization_id, kind, state, idempotency_key, parameters, requested_by, error_code, error_message,
  created_at, finished_at)
SELECT job_id, organization_id, kind, 'cancelled', idempotency_key, parameters, requested_by, 'CANCELLED', $2, requested_at, now()
FROM job_request WHERE job_id = $1::uuid AND idempotency_key IS NOT NULL
ON CONFLICT DO NOTHING
RETURNING id
