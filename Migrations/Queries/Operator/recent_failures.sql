-- The newest jobs that failed within the last day. $1 how many. Index: sync_job_finished.
SELECT id, organization_id, kind, error_code, error_message, finished_at
FROM sync_job WHERE finished_at > now() - interval '1 day' AND state = 'failed'
ORDER BY finished_at DESC LIMIT $1::int
