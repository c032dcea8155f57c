-- One conflict with the record's version as it is now; no row: there is none. $1 id. Index: pfa_sync_conflict_pkey.
SELECT c.id, c.organization_id, m.pfa_id, c.kind, to_jsonb(c.conflict_fields) AS conflict_fields, c.status,
  o.user_id, o.session_id, c.modification_id,
  o.sync_state, c.base_values, c.local_values, c.remote_values, m.version AS current_version, c.resolution, c.resolved_by,
  c.resolution_reason, c.resolved_values, c.created_at, c.updated_at, c.resolved_at
FROM pfa_sync_conflict c JOIN pfa_modification o ON o.id = c.modification_id JOIN pfa_mirror m ON m.id = c.mirror_id
WHERE c.id = $1::uuid
