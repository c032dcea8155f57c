-- The jobs of commits that were decided in this transaction, their log rows, and the issues of what was refused.
-- $1 organization  $2 jobs  $3 idempotency keys  $4 states  $5 results  $6 parameters  $7 progress  $8 users
-- $9 error codes  $10 messages  $11 when Kafka took the request, ms; null when it does not say
-- $12 received  $13 updated  $14 unchanged  $15 discontinued  $16 conflicted  $17 rejected
-- $18 issues: jobs  $19 pfaIds  $20 fields  $21 codes  $22 raw values
-- Who had a commit done again, which one and why, an operator's command has noted with the request.
-- Indexes: job_request_pkey, sync_job_pkey.
-- A commit that another worker recorded meanwhile ends in 23505: the transaction is retried, and finds it.
WITH commits AS MATERIALIZED (
  SELECT * FROM unnest($2::text[]::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::bigint[], $12::integer[], $13::integer[], $14::integer[], $15::integer[], $16::integer[], $17::integer[])
    AS c (id, key, state, result, parameters, progress, user_id, code, message, asked, received, updated, unchanged, discontinued,
      conflicted, rejected)
),
jobs AS (
  INSERT INTO sync_job (id, organization_id, kind, state, result, attempt, idempotency_key, parameters, progress, requested_by,
    error_code, error_message, created_at, started_at, finished_at, retry_of)
  SELECT c.id, $1, 'draft_commit', c.state, c.result, 1, c.key,
    c.parameters::jsonb || CASE WHEN r.retry IS NULL THEN '{}' ELSE jsonb_build_object('retry', r.retry) END,
    c.progress::jsonb, c.user_id, c.code, c.message, coalesce(job_asked_at(c.id, $1, c.asked), now()), now(), clock_timestamp(),
    (SELECT o.id FROM sync_job o WHERE o.id = (r.retry ->> 'of')::uuid)
  FROM commits c
  LEFT JOIN LATERAL (
    SELECT q.parameters -> 'retry' AS retry FROM job_request q WHERE q.job_id = c.id OFFSET 0
  ) r ON true
),
issues AS (
  INSERT INTO sync_record_issue (job_id, organization_id, pfa_id, field, code, raw, rejected)
  SELECT i.job_id, $1, i.pfa_id, i.field, i.code, i.raw, true
  FROM unnest($18::text[]::uuid[], $19::text[], $20::text[], $21::text[], $22::text[]) AS i (job_id, pfa_id, field, code, raw)
)
INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, sync_direction, status, received, updated, unchanged,
  discontinued, conflicted, rejected, pages, error_code, error_message, started_at, completed_at)
SELECT id, $1, 'draft_commit', 'write',
  CASE WHEN state = 'failed' THEN 'failed' WHEN result = 'clean' THEN 'completed' ELSE 'completed_with_errors' END,
  received, updated, unchanged, discontinued, conflicted, rejected, 1, code, message, now(), clock_timestamp()
FROM commits
