-- Conflicts, the newest first, with the record's version as it is now. $1 organization or null  $2 status or null  $3
-- commit or null  $4 how many Index: pfa_sync_conflict_recent.
SELECT c.id, c.organization_id, m.pfa_id, c.kind, to_jsonb(c.conflict_fields) AS conflict_fields, c.status,
  o.user_id, o.session_id, c.modification_id,
  o.sync_state, c.base_values, c.local_values, c.remote_values, m.version AS current_version, c.resolution, c.resolved_by,
  c.resolution_reason, c.resolved_values, c.created_at, c.updated_at, c.resolved_at
FROM pfa_sync_conflict c JOIN pfa_modification o ON o.id = c.modification_id JOIN pfa_mirror m ON m.id = c.mirror_id
WHERE ($1::text IS NULL OR c.organization_id = $1) AND ($2::text IS NULL OR c.status = $2) AND ($3::uuid IS NULL OR o.commit_id = $3)
ORDER BY c.created_at DESC, m.pfa_id, c.id LIMIT $4::int
