-- How many active rows the run did not see, of how many, and how many of its records were rejected without a readable
-- id, any of which may be one of those rows: the guard before the sweep (R7). $1 organization  $2 job
-- Runs under prefer_hashing.sql: both sides are read once, whatever statistics say. Indexes: sync_record_issue_job.
SELECT count(*) AS active,
  count(*) FILTER (WHERE s.pfa_id IS NULL AND (m.last_synced_at IS NULL
    OR m.last_synced_at < (SELECT l.started_at FROM pfa_sync_log l WHERE l.job_id = $2::uuid))) AS orphans,
  (SELECT count(*) FROM sync_record_issue i WHERE i.job_id = $2::uuid AND i.rejected AND i.pfa_id IS NULL) AS unreadable
FROM pfa_mirror m
LEFT JOIN (
  SELECT DISTINCT unnest(p.seen) AS pfa_id FROM sync_page p WHERE p.job_id = $2::uuid AND p.state = 'applied'
) s ON s.pfa_id = m.pfa_id
WHERE m.organization_id = $1 AND NOT m.is_discontinued
