-- Pauses older than $1 seconds, the oldest first; at most 20. Index: queue_pause_open.
SELECT kind, organization_id, paused_by, reason, extract(epoch FROM now() - paused_at)::bigint AS age
FROM queue_pause
WHERE resumed_at IS NULL AND paused_at < now() - make_interval(secs => $1::int)
ORDER BY paused_at LIMIT 20
