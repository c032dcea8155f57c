-- Edits, the newest first, with the record as it is now.
-- $1 organization or null  $2 session or null  $3 user or null  $4 state or null  $5 how many
-- Index: pfa_modification_recent.
SELECT o.id, o.organization_id, m.pfa_id, o.user_id, o.session_id, o.sync_state, to_jsonb(o.modified_fields) AS modified_fields,
  o.delta, o.base_values, o.base_version, m.version AS current_version, to_jsonb(o.remote_fields) AS remote_fields, o.commit_id,
  o.change_reason, o.error_code, o.error_message, o.created_at, o.updated_at, o.committed_at, o.synced_at
FROM pfa_modification o JOIN pfa_mirror m ON m.id = o.mirror_id
WHERE ($1::text IS NULL OR o.organization_id = $1) AND ($2::text IS NULL OR o.session_id = $2)
  AND ($3::text IS NULL OR o.user_id = $3) AND ($4::text IS NULL OR o.sync_state = $4)
ORDER BY o.created_at DESC, o.id LIMIT $5::int
