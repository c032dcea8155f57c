-- Ends a pause; no row: there is none. $1 kind or null  $2 organization or null  $3 who  $4 why
-- Locks: the pause; waits for transactions that hold messages under it. Index: queue_pause_open.
UPDATE queue_pause SET resumed_by = $3, resume_reason = $4, resumed_at = now()
WHERE resumed_at IS NULL AND kind IS NOT DISTINCT FROM $1::text AND organization_id IS NOT DISTINCT FROM $2::text
RETURNING id
