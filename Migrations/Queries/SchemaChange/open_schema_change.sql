-- The request of a claimed job that is still open, and how long ago its first attempt began.
-- $1 job
-- Index: schema_changes_open.
SELECT c.id, c.change_id, c.status, extract(epoch FROM clock_timestamp() - j.started_at) * 1000 AS elapsed_ms
FROM schema_changes c JOIN sync_job j ON j.id = c.job_id
WHERE c.job_id = $1::uuid AND c.status IN ('pending', 'applying')
