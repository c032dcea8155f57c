-- How a job stands, for who waits for it. $1 job
SELECT j.state, j.error_code, j.error_message, j.parameters -> 'dryRun' = 'true' AS is_dry_run, j.progress::text AS progress,
  (SELECT coalesce(sum(p.received), 0) FROM sync_page p WHERE p.job_id = j.id AND p.state = 'applied') AS applied,
  c.total
FROM sync_job j LEFT JOIN read_checkpoint c ON c.job_id = j.id
WHERE j.id = $1::uuid
