-- Puts a push back for a later attempt; one that did not come to an attempt of its own does not count.
-- $1 edit  $2 token  $3 delay in ms  $4 code or null  $5 message or null  $6 whether it counts
-- No row: the push is no longer held.
UPDATE pfa_modification
SET sync_state = 'committed', next_attempt_at = clock_timestamp() + make_interval(secs => $3::bigint / 1000.0),
  lease_token = NULL, lease_expires_at = NULL, error_code = $4, error_message = $5,
  attempt = CASE WHEN $6::bool THEN attempt ELSE greatest(0, attempt - 1) END
WHERE id = $1::uuid AND lease_token = $2::uuid AND sync_state = 'syncing'
RETURNING id
