-- Ends a conflict: the edit goes on or is given up, and who decided so, and why, is kept.
-- $1 conflict  $2 mine, theirs or set  $3 who  $4 why  $5 values that hold now  $6 edit's state: committed or
-- superseded $7 delta  $8 what it is based on now  $9 version of the record it is based on  $10 version that brought it
-- into effect, and $11 what this replaced; or null $12 the record's fields before
WITH conflict AS (
  UPDATE pfa_sync_conflict
  SET status = 'resolved', resolution = $2, resolved_by = $3, resolution_reason = $4, resolved_values = $5::jsonb, resolved_at = now()
  WHERE id = $1::uuid AND status = 'open'
  RETURNING modification_id
),
edit AS (
  UPDATE pfa_modification o
  SET sync_state = $6, delta = $7::jsonb, modified_fields = ARRAY(SELECT jsonb_object_keys($7::jsonb) ORDER BY 1),
    base_values = $8::jsonb, base_version = $9::integer, applied_version = coalesce($10::integer, o.applied_version),
    replaced_values = coalesce($11::jsonb, o.replaced_values),
    committed_at = coalesce(o.committed_at, now()), attempt = 0, next_attempt_at = now(), error_code = NULL, error_message = NULL,
    remote_fields = '{}'
  FROM conflict c WHERE o.id = c.modification_id
  RETURNING o.*
)
INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content, reason)
SELECT organization_id, 'resolved', id, mirror_id, $3, session_id,
  jsonb_build_object('resolution', $2, 'before', $12::jsonb, 'after', $5::jsonb), $4
FROM edit
