-- A waiting firing is asked for. $1 id  $2 job id or null  $3 timeout at, in seconds since 1970
-- Locks: the row. Index: job_firing_pkey.
UPDATE job_firing SET state = 'requested', job_id = $2::uuid, timeout_at = to_timestamp($3::bigint), detail = NULL
WHERE id = $1::uuid AND state = 'waiting'
