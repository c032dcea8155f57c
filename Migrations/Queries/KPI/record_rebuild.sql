-- The job row of a rebuild that runs in this very transaction. No row: its event was handled before.
-- $1 job  $2 organization  $3 idempotency key
INSERT INTO sync_job (id, organization_id, kind, state, result, attempt, idempotency_key, started_at, finished_at)
VALUES ($1::uuid, $2, 'kpi_rebuild', 'succeeded', 'clean', 1, $3, clock_timestamp(), clock_timestamp())
ON CONFLICT DO NOTHING
RETURNING id
