-- Projects that wait for a person or for a worker: in error, or applying under a lease that is past; at most 20.
-- $1 seconds past the lease's end. Scans projects, which are few.
SELECT id, organization_id, status, extract(epoch FROM now() - lock_expires_at)::bigint AS lapsed_for
FROM projects
WHERE status = 'error' OR status = 'applying' AND lock_expires_at < now() - make_interval(secs => $1::int)
ORDER BY organization_id, id LIMIT 20
