-- The drafts of a user's session with the records they edit, to be decided without being written.
-- $1 organization  $2 session  $3 user
-- Indexes: pfa_modification_draft, pfa_mirror_pkey.
SELECT o.id, o.mirror_id, o.session_id, o.user_id, o.delta, o.base_values, o.base_context, o.base_version, o.remote_fields,
  m.pfa_id, m.version, m.data, m.pending_base, pfa_fields_in_flight(m.id) AS in_flight
FROM pfa_modification o JOIN pfa_mirror m ON m.id = o.mirror_id
WHERE o.organization_id = $1 AND o.session_id = $2 AND o.user_id = $3 AND o.sync_state = 'draft'
ORDER BY m.pfa_id
