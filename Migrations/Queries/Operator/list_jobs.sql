-- The newest jobs, without their fencing tokens.
-- $1 organization or null  $2 state or null  $3 kind or null  $4 how many
-- Indexes: sync_job_organization, else sync_job_recent.
SELECT id, organization_id, kind, state, result, attempt, priority, run_at, idempotency_key, parameters, progress, requested_by, error_code,
  error_message, lease_owner, lease_expires_at, created_at, started_at, finished_at, updated_at,
  retry_of
FROM sync_job
WHERE ($1::text IS NULL OR organization_id = $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
ORDER BY created_at DESC, id LIMIT $4::int
