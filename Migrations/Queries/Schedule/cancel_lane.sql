-- Firings of a lane are given up for a newer one; their jobs are cancelled beside. Waiting ones go on waiting.
-- $1 organization  $2 lane  $3 detail  $4 now in seconds since 1970
-- Locks: their rows. Index: job_firing_open.
UPDATE job_firing SET state = 'cancelled', detail = $3, finished_at = to_timestamp($4::bigint)
WHERE organization_id = $1 AND lane = $2 AND finished_at IS NULL AND state <> 'waiting'
