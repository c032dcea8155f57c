-- The records that drafts of these sessions edit, locked as they are now.
-- $1 organization  $2 sessions
-- Locks: the records in pfa_id order, as apply_records.sql does; whoever holds one holds no draft of it yet.
-- Indexes: pfa_modification_draft, pfa_mirror_pkey.
SELECT m.id, m.pfa_id, m.version, m.data, m.pending_base, pfa_fields_in_flight(m.id) AS in_flight
FROM pfa_mirror m
WHERE m.organization_id = $1 AND m.id IN (
  SELECT o.mirror_id FROM unnest($2::text[]) AS s (session_id)
  JOIN pfa_modification o ON o.session_id = s.session_id AND o.sync_state = 'draft' AND o.organization_id = $1)
ORDER BY m.pfa_id
FOR NO KEY UPDATE OF m
