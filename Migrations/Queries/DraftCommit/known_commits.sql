-- Commits that were handled before: by their id, or by the event that asked for them.
-- $1 jobs  $2 idempotency keys
-- Indexes: sync_job_pkey, (kind, idempotency_key).
SELECT id, idempotency_key FROM sync_job
WHERE kind = 'draft_commit' AND (id = ANY ($1::text[]::uuid[]) OR idempotency_key = ANY ($2::text[]))
