-- A conflict with its edit and its record, all locked: the record first, as every writer does. $1 conflict
-- No row: there is none. Runs after lock_conflict_record.sql.
SELECT c.id AS conflict_id, c.status, c.kind, c.conflict_fields, c.local_values, c.remote_values, c.current_version,
  o.id, o.mirror_id, o.user_id, o.session_id, o.sync_state,
  o.commit_id, o.delta, o.base_values, o.base_context, o.base_version, o.applied_version
FROM pfa_sync_conflict c JOIN pfa_modification o ON o.id = c.modification_id
WHERE c.id = $1::uuid
FOR UPDATE OF c, o
