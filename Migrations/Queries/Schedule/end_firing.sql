-- Ends a firing that is under way or waits. $1 id  $2 state  $3 detail or null  $4 now in seconds since 1970
-- No row: it has ended. Locks: the row. Index: job_firing_pkey.
UPDATE job_firing SET state = $2, detail = $3, finished_at = to_timestamp($4::bigint)
WHERE id = $1::uuid AND finished_at IS NULL
RETURNING id
