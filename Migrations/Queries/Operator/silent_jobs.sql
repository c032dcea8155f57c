-- Jobs whose worker went silent and that nobody has taken over. $1 seconds past the lease's end. Index: sync_job_open.
SELECT id, organization_id, kind, lease_owner, extract(epoch FROM now() - lease_expires_at)::bigint AS seconds
FROM sync_job
WHERE state = 'running' AND lease_expires_at < now() - make_interval(secs => $1::int)
ORDER BY lease_expires_at LIMIT 20
