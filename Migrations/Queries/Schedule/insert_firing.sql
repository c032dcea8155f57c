-- Records a firing once. $1 id  $2 job  $3 organization  $4 kind  $5 lane  $6 due  $7 state  $8 priority  $9 run at
-- $10 timeout at or null  $11 job id or null  $12 detail or null  $13 now; times in seconds since 1970
-- No row: it was recorded before. Index: job_firing_pkey.
INSERT INTO job_firing (id, job, organization_id, kind, lane, due_at, state, priority, run_at, timeout_at, job_id, detail, created_at,
  finished_at)
VALUES ($1::uuid, $2, $3, $4, $5, to_timestamp($6::bigint), $7, $8::int, to_timestamp($9::bigint), to_timestamp($10::bigint), $11::uuid,
  $12, to_timestamp($13::bigint), CASE WHEN $7 = 'skipped' THEN to_timestamp($13::bigint) END)
ON CONFLICT DO NOTHING
RETURNING id
