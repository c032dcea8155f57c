-- Takes the lead when nobody has it; the new token fences whoever had it before. $1 owner  $2 lease in seconds
-- No row: somebody leads. Locks: the lease; waits for a transaction of the old leader, at most its idle time.
UPDATE scheduler_lease
SET token = token + 1, owner = $1, acquired_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => $2::int)
WHERE name = 'scheduler' AND expires_at < clock_timestamp()
RETURNING token
