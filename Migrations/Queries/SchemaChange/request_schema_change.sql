-- Queues a schema change with its place in the history of its project; the event delivered again changes nothing: then
-- no row comes back.
-- $1 job  $2 organization  $3 idempotency key  $4 parameters  $5 project  $6 type of the change  $7 version it was made
-- for $8 user  $9 when Kafka took the request, ms; null when it does not say
WITH job AS (
  INSERT INTO sync_job (id, organization_id, kind, idempotency_key, parameters, requested_by, created_at)
  VALUES ($1::uuid, $2, 'schema_change', $3, $4::jsonb, $8, coalesce(job_asked_at($1::uuid, $2, $9::bigint), now()))
  ON CONFLICT (kind, idempotency_key) DO NOTHING
  RETURNING id
)
INSERT INTO schema_changes (job_id, organization_id, project_id, change_type, change_data, from_version, created_by)
SELECT id, $2, $5, $6, $4::jsonb -> 'change', $7::int, $8 FROM job
RETURNING job_id
