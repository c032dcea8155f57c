-- Jobs that run, with what was applied of what there is; the longest first. $1 how many
-- Indexes: sync_job_unfinished, read_checkpoint_pkey, sync_page_pkey.
SELECT j.id, j.organization_id, j.kind, j.attempt, j.lease_owner, extract(epoch FROM now() - j.started_at)::bigint AS seconds,
  coalesce(p.received, 0) AS applied, coalesce(c.total, CASE WHEN c.complete THEN c.records_read END) AS total
FROM sync_job j
LEFT JOIN read_checkpoint c ON c.job_id = j.id
LEFT JOIN LATERAL (SELECT sum(received)::bigint AS received FROM sync_page WHERE job_id = j.id AND state = 'applied') p ON true
WHERE j.state = 'running'
ORDER BY j.started_at LIMIT $1::int
