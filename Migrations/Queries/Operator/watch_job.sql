-- How far a job is; no row: there is none. total is null while nobody knows it.
-- $1 id
-- Indexes: sync_job_pkey, read_checkpoint_pkey, sync_page_pkey.
SELECT j.organization_id, j.kind, j.state, j.error_code, j.error_message, coalesce(p.received, 0) AS applied,
  coalesce(c.total, CASE WHEN c.complete THEN c.records_read END) AS total
FROM sync_job j
LEFT JOIN read_checkpoint c ON c.job_id = j.id
LEFT JOIN LATERAL (SELECT sum(received)::bigint AS received FROM sync_page WHERE job_id = j.id AND state = 'applied') p ON true
WHERE j.id = $1::uuid
