-- Extends the leases of pushes in flight; returns those that are still held under their tokens.
-- $1 edits  $2 tokens  $3 lease in seconds
-- Locks: the edits' rows, in order of id.
WITH held AS (
  SELECT m.id FROM unnest($1::text[], $2::text[]) AS t (id, token)
  JOIN pfa_modification m ON m.id = t.id::uuid AND m.lease_token = t.token::uuid AND m.sync_state = 'syncing'
  ORDER BY m.id FOR UPDATE OF m
)
UPDATE pfa_modification m SET lease_expires_at = clock_timestamp() + make_interval(secs => $3::int)
FROM held h WHERE m.id = h.id
RETURNING m.id
