-- Permissions are lost. Edits stay in the records; PEMS' next word on them wins, because nothing merges any more.
DROP FUNCTION update_mirror_with_lock(uuid, jsonb, integer);
DROP FUNCTION pfa_merge_read(jsonb, jsonb, jsonb);
DROP TYPE pfa_merge;
DROP FUNCTION pfa_editable_fields();
DROP TABLE org_permission;
