-- Commits that were handled before: by their id, or by the event that asked for them. Two probes for each. A job of
-- another kind is no commit, whatever its id: compared in words that no index answers, as the plan is made for an empty
-- table and kept.
-- $1 jobs  $2 idempotency keys
-- Indexes: sync_job_pkey, (kind, idempotency_key).
SELECT j.id, j.idempotency_key
FROM unnest($1::text[]::uuid[], $2::text[]) AS c (id, key)
CROSS JOIN LATERAL (
  SELECT b.id, b.idempotency_key FROM sync_job b WHERE b.id = c.id AND b.kind IS NOT DISTINCT FROM 'draft_commit'
  UNION ALL
  SELECT k.id, k.idempotency_key FROM sync_job k WHERE k.kind = 'draft_commit' AND k.idempotency_key = c.key
  OFFSET 0
) j
