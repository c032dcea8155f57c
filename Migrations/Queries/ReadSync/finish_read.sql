-- Ends a run, or lets it wait for approval: the log row gets the sums of its pages, the job its state. No row: the
-- job is no longer ours.
-- $1 job  $2 token  $3 job state  $4 log status or null (completed, or completed_with_errors when records were
-- rejected or there is a code)
-- $5 rows swept  $6 code  $7 message
WITH sums AS MATERIALIZED (
  SELECT count(*)::int AS pages, coalesce(sum(received), 0)::bigint AS received, coalesce(sum(inserted), 0)::bigint AS inserted,
    coalesce(sum(updated), 0)::bigint AS updated, coalesce(sum(unchanged), 0)::bigint AS unchanged,
    coalesce(sum(stale), 0)::bigint AS stale,
    coalesce(sum(discontinued), 0)::bigint AS discontinued, coalesce(sum(conflicted), 0)::bigint AS conflicted,
    coalesce(sum(rejected), 0)::bigint AS rejected
  FROM sync_page WHERE job_id = $1::uuid AND state = 'applied'
),
job AS (
  UPDATE sync_job j
  SET state = $3, finished_at = CASE WHEN $3 IN ('succeeded', 'failed', 'cancelled') THEN now() END, lease_token = NULL,
    lease_expires_at = NULL, error_code = $6, error_message = $7,
    result = CASE WHEN $3 = 'succeeded' THEN
      CASE WHEN s.rejected > 0 THEN 'with_rejects' WHEN s.conflicted > 0 THEN 'with_conflicts' ELSE 'clean' END END,
    progress = jsonb_build_object('pages', s.pages, 'received', s.received)
  FROM sums s
  WHERE j.id = $1::uuid AND j.lease_token = $2::uuid AND j.state = 'running'
  RETURNING j.id
),
log AS (
  UPDATE pfa_sync_log l
  SET status = coalesce($4,
      CASE WHEN s.rejected > 0 OR $6::text IS NOT NULL THEN 'completed_with_errors' ELSE 'completed' END), pages = s.pages,
    received = s.received,
    inserted = s.inserted, updated = s.updated, unchanged = s.unchanged, stale = s.stale, discontinued = s.discontinued,
    conflicted = s.conflicted, rejected = s.rejected, swept = $5::bigint, error_code = $6, error_message = $7,
    completed_at = CASE WHEN $3 IN ('succeeded', 'failed', 'cancelled') THEN clock_timestamp() END
  FROM sums s, job
  WHERE l.job_id = job.id
),
forgotten AS (
  UPDATE sync_page p SET seen = NULL FROM job
  WHERE p.job_id = job.id AND p.seen IS NOT NULL AND $3 IN ('succeeded', 'failed', 'cancelled')
)
SELECT id FROM job
