-- Committed edits become conflicts, one open row for each: a second attempt updates the row of the first.
-- $1 edits  $2 kinds  $3 fields in conflict, joined by commas  $4 values the user saw  $5 wants  $6 the record has
-- $7 versions of the records
-- Indexes: pfa_modification_pkey, pfa_sync_conflict_open. The state is compared in words that no partial index answers,
-- and the id as in apply_records.sql.
WITH moved AS (
  UPDATE pfa_modification o SET sync_state = 'conflict'
  FROM unnest($1::text[]::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[])
    AS e (id, kind, fields, base, local, remote, version)
  WHERE o.id = ANY (ARRAY[e.id]) AND o.sync_state IS NOT DISTINCT FROM 'committed'
  RETURNING o.id, o.mirror_id, o.organization_id, e.kind, e.fields, e.base, e.local, e.remote, e.version
)
INSERT INTO pfa_sync_conflict AS c (modification_id, mirror_id, organization_id, kind, conflict_fields, base_values,
  local_values, remote_values, current_version)
SELECT id, mirror_id, organization_id, kind, string_to_array(fields, ','), base::jsonb, local::jsonb, remote::jsonb, version
FROM moved
ON CONFLICT (modification_id) WHERE status = 'open' DO UPDATE
SET kind = excluded.kind, conflict_fields = excluded.conflict_fields, base_values = excluded.base_values,
  local_values = excluded.local_values, remote_values = excluded.remote_values, current_version = excluded.current_version
