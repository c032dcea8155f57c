-- A failed firing waits for another attempt. $1 id  $2 run at, in seconds since 1970
-- Locks: the row. Index: job_firing_pkey.
UPDATE job_firing SET state = 'waiting', attempt = attempt + 1, run_at = to_timestamp($2::bigint), finished_at = NULL, job_id = NULL
WHERE id = $1::uuid AND state = 'failed'
