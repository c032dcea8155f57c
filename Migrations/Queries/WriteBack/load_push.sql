-- The record of a push as it is now, and what earlier attempts may have left in PEMS: its own, and those of other edits
-- of the record whose outcome nobody knows. No row: the push is no longer held. $1 edit  $2 token
-- Index: pfa_modification_open.
SELECT r.data, r.pending_base, r.version, r.content_hash, m.pushed_values,
  ARRAY(SELECT o.pushed_values::text FROM pfa_modification o
    WHERE o.mirror_id = m.mirror_id AND o.id <> m.id AND o.pushed_values IS NOT NULL
      AND o.sync_state IN ('committed', 'syncing', 'conflict', 'failed')
    ORDER BY o.id) AS others_pushed
FROM pfa_modification m JOIN pfa_mirror r ON r.id = m.mirror_id
WHERE m.id = $1::uuid AND m.lease_token = $2::uuid AND m.sync_state = 'syncing'
