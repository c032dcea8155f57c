-- Writes down what is about to be sent, before it is. No row: the push is no longer held.
-- $1 edit  $2 token  $3 field values
UPDATE pfa_modification SET pushed_values = $3::jsonb
WHERE id = $1::uuid AND lease_token = $2::uuid AND sync_state = 'syncing'
RETURNING id
