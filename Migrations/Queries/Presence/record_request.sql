-- Remembers what was asked for, and forgets requests that no topic keeps any more.
-- $1 job  $2 organization  $3 kind  $4 event  $5 topic  $6 partition  $7 offset  $8 who  $9 idempotency key  $10
-- parameters Index: job_request_age.
WITH gone AS (
  DELETE FROM job_request WHERE requested_at < now() - interval '30 days'
)
INSERT INTO job_request (job_id, organization_id, kind, event_id, topic, partition, kafka_offset, requested_by, idempotency_key,
  parameters)
VALUES ($1::uuid, $2, $3, $4, $5, $6::int, $7::bigint, $8, $9, $10::jsonb)
ON CONFLICT (job_id) DO NOTHING
