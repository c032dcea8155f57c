-- Queues a read sync, or answers with the one that is open: a second request of an organization is kept as failed,
-- JOB_ALREADY_RUNNING (R20).
-- $1 job  $2 organization  $3 idempotency key  $4 parameters  $5 requested by
-- $6 when Kafka took the request, ms; null when it does not say
-- The event delivered again finds its row and changes nothing: then no row comes back. Indexes: sync_job_one_read,
-- (kind, idempotency_key).
WITH open_read AS (
  SELECT id FROM sync_job
  WHERE organization_id = $2 AND kind = 'read_sync' AND state IN ('queued', 'running', 'retrying', 'awaiting_approval')
    AND parameters -> 'dryRun' IS DISTINCT FROM 'true' AND $4::jsonb -> 'dryRun' IS DISTINCT FROM 'true'
)
INSERT INTO sync_job (id, organization_id, kind, state, idempotency_key, parameters, requested_by, priority, error_code, error_message,
  created_at, finished_at)
SELECT $1::uuid, $2, 'read_sync', CASE WHEN o.id IS NULL THEN 'queued' ELSE 'failed' END, $3, $4::jsonb, $5,
  coalesce(($4::jsonb ->> 'priority')::integer, 0),
  CASE WHEN o.id IS NOT NULL THEN 'JOB_ALREADY_RUNNING' END,
  CASE WHEN o.id IS NOT NULL THEN 'a read sync of this organization is open already: job ' || o.id END,
  coalesce(job_asked_at($1::uuid, $2, $6::bigint), now()),
  CASE WHEN o.id IS NOT NULL THEN now() END
FROM (SELECT (SELECT id FROM open_read) AS id) o
ON CONFLICT (kind, idempotency_key) DO NOTHING
RETURNING id, state
