-- The record of a push as it is now, and what earlier attempts may have left in PEMS. No row: the push is no longer
-- held. $1 edit  $2 token
SELECT r.data, r.pending_base, r.version, r.content_hash, m.pushed_values
FROM pfa_modification m JOIN pfa_mirror r ON r.id = m.mirror_id
WHERE m.id = $1::uuid AND m.lease_token = $2::uuid AND m.sync_state = 'syncing'
