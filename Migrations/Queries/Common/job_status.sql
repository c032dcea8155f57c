-- How a job stands, for who waits for it; no row: there is none. `progress` is what a dry run found; total is null
-- while nobody knows it.
-- $1 id
-- Indexes: sync_job_pkey, read_checkpoint_pkey, sync_page_pkey.
SELECT j.organization_id, j.kind, j.state, j.result, j.error_code, j.error_message, j.parameters -> 'dryRun' = 'true' AS is_dry_run,
  j.progress::text AS progress, coalesce(p.received, 0) AS applied,
  coalesce(c.total, CASE WHEN c.complete THEN c.records_read END) AS total
FROM sync_job j
LEFT JOIN read_checkpoint c ON c.job_id = j.id
LEFT JOIN LATERAL (SELECT sum(received)::bigint AS received FROM sync_page WHERE job_id = j.id AND state = 'applied') p ON true
WHERE j.id = $1::uuid
