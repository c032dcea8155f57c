-- Counts an ended push in the log: one row per organization and UTC day.
-- $1 organization  $2 stream  $3 updated  $4 unchanged  $5 conflicted  $6 rejected
-- Index: pfa_sync_log_organization_id_stream_key.
INSERT INTO pfa_sync_log AS l (stream, organization_id, sync_type, sync_direction, status, received, updated, unchanged,
  conflicted, rejected, completed_at)
VALUES ($2, $1, 'write_back', 'write', CASE WHEN $6::int > 0 THEN 'completed_with_errors' ELSE 'completed' END,
  $3::int + $4::int + $5::int + $6::int, $3::int, $4::int, $5::int, $6::int, now())
ON CONFLICT (organization_id, stream) DO UPDATE
SET received = l.received + excluded.received, updated = l.updated + excluded.updated,
  unchanged = l.unchanged + excluded.unchanged, conflicted = l.conflicted + excluded.conflicted,
  rejected = l.rejected + excluded.rejected, completed_at = now(),
  status = CASE WHEN l.status = 'completed' THEN excluded.status ELSE l.status END
