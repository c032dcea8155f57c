-- One job, without its fencing token; no row: there is none. $1 id. Index: sync_job_pkey.
SELECT id, organization_id, kind, state, result, attempt, priority, run_at, idempotency_key, parameters, progress, requested_by, error_code,
  error_message, lease_owner, lease_expires_at, created_at, started_at, finished_at, updated_at,
  retry_of
FROM sync_job WHERE id = $1::uuid
