-- Ends the log row of a cancelled job with what was applied until then. After cancel_job, in its transaction, so that
-- it sees the pages which that one waited for.
-- $1 job  $2 reason
-- Locks: the log row, the pages. Indexes: pfa_sync_log_job_id_key, sync_page_pkey.
WITH sums AS MATERIALIZED (
  SELECT count(*)::int AS pages, coalesce(sum(received), 0)::bigint AS received, coalesce(sum(inserted), 0)::bigint AS inserted,
    coalesce(sum(updated), 0)::bigint AS updated, coalesce(sum(unchanged), 0)::bigint AS unchanged,
    coalesce(sum(stale), 0)::bigint AS stale, coalesce(sum(discontinued), 0)::bigint AS discontinued,
    coalesce(sum(conflicted), 0)::bigint AS conflicted,
    coalesce(sum(rejected), 0)::bigint AS rejected
  FROM sync_page WHERE job_id = $1::uuid AND state = 'applied'
),
forgotten AS (
  UPDATE sync_page SET seen = NULL WHERE job_id = $1::uuid AND state = 'applied' AND seen IS NOT NULL
)
UPDATE pfa_sync_log l
SET status = 'cancelled', pages = s.pages, received = s.received, inserted = s.inserted, updated = s.updated, unchanged = s.unchanged,
  stale = s.stale, discontinued = s.discontinued, conflicted = s.conflicted, rejected = s.rejected, error_code = 'CANCELLED',
  error_message = $2, completed_at = clock_timestamp()
FROM sums s
WHERE l.job_id = $1::uuid
