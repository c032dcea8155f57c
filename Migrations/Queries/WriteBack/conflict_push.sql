-- PEMS has other values than the edit was based on, or no such record: a person decides. Nothing was sent. The fields'
-- values in PEMS are remembered, so that the next read finds nothing new in them; the content known before is then no
-- longer what PEMS has, and must not be taken for it when PEMS goes back to it.
-- $1 edit  $2 token  $3 kind  $4 fields  $5 base values  $6 local values  $7 remote values
-- No row: the push is no longer held. Runs after lock_pushed_record.sql. Locks: the edit.
WITH held AS MATERIALIZED (
  SELECT m.id, m.mirror_id FROM pfa_modification m
  WHERE m.id = $1::uuid AND m.lease_token = $2::uuid AND m.sync_state = 'syncing'
),
record AS MATERIALIZED (
  SELECT r.id, r.organization_id, r.data, r.pending_base, r.version FROM held h JOIN pfa_mirror r ON r.id = h.mirror_id
),
stopped AS (
  UPDATE pfa_modification m
  SET sync_state = 'conflict', lease_token = NULL, lease_expires_at = NULL, pushed_values = NULL,
    error_code = 'CONFLICT', error_message = 'PEMS and the edit disagree: ' || $3
  FROM record r
  WHERE m.id = $1::uuid AND m.lease_token = $2::uuid AND m.sync_state = 'syncing'
  RETURNING m.id, m.mirror_id
),
remembered AS (
  UPDATE pfa_mirror m
  SET pending_base = n.pending_base,
    content_hash = CASE WHEN n.pending_base = r.pending_base THEN m.content_hash END
  FROM record r, stopped s, LATERAL (
    SELECT r.pending_base || coalesce(jsonb_object_agg(key, value), '{}') AS pending_base
    FROM jsonb_each($7::jsonb) WHERE r.pending_base ? key) n
  WHERE m.id = r.id AND s.mirror_id = r.id AND r.pending_base IS NOT NULL
),
told AS (
  INSERT INTO pfa_sync_conflict AS c (modification_id, mirror_id, organization_id, kind, conflict_fields, base_values,
    local_values, remote_values, current_version)
  SELECT s.id, r.id, r.organization_id, $3, $4::text[], $5::jsonb, $6::jsonb, $7::jsonb, r.version
  FROM record r, stopped s
  ON CONFLICT (modification_id) WHERE status = 'open' DO UPDATE
  SET kind = excluded.kind, conflict_fields = excluded.conflict_fields, base_values = excluded.base_values,
    local_values = excluded.local_values, remote_values = excluded.remote_values,
    current_version = excluded.current_version
)
SELECT id FROM stopped
