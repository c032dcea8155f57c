-- Gives a push up until somebody asks for it again. $1 edit  $2 token  $3 code  $4 message
-- No row: the push is no longer held.
UPDATE pfa_modification
SET sync_state = 'failed', next_attempt_at = 'infinity', lease_token = NULL, lease_expires_at = NULL, error_code = $3,
  error_message = $4
WHERE id = $1::uuid AND lease_token = $2::uuid AND sync_state = 'syncing'
RETURNING id
