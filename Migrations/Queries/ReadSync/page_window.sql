-- What is published and not applied yet; no row: the job is no longer held under this token. Writes nothing, because it
-- is asked every few milliseconds.
-- $1 job  $2 token
-- Indexes: sync_job_pkey, sync_page_waiting.
SELECT p.waiting, p.waiting_bytes
FROM sync_job j
CROSS JOIN LATERAL (
  SELECT count(*) AS waiting, coalesce(sum(w.bytes), 0)::bigint AS waiting_bytes
  FROM sync_page w WHERE w.job_id = j.id AND w.state = 'allocated'
) p
WHERE j.id = $1::uuid AND j.lease_token = $2::uuid AND j.state = 'running'
