-- Remembers how far a job has been fired for an organization; the caller holds the lead.
-- $1 job  $2 organization  $3 kind  $4 definition  $5 handled until  $6 next firing or null, both in seconds since 1970
-- Locks: the row. Index: job_schedule_pkey.
INSERT INTO job_schedule (job, organization_id, kind, definition, handled_until, next_at)
VALUES ($1, $2, $3, $4, to_timestamp($5::bigint), to_timestamp($6::bigint))
ON CONFLICT (job, organization_id) DO UPDATE
SET kind = EXCLUDED.kind, definition = EXCLUDED.definition, is_active = true, handled_until = EXCLUDED.handled_until,
  next_at = EXCLUDED.next_at
