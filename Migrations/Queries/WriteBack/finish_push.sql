-- PEMS has the edit's values: the fields are no longer pending, the edit is synced, its conflict closed (W8). A field
-- whose effective value has changed since stays pending, over what PEMS has now, as long as an edit holds it: a field
-- that follows PEMS again by now goes on to do so. Another field that an edit holds stays pending even where it was set
-- back to what PEMS had: an attempt of unknown outcome may have changed it there. data, version and totals stay.
-- $1 edit  $2 token  $3 values PEMS has now, by field  $4 hash of PEMS' content without the edit  $5 with it
-- $6 block and $7 index: pages older than this order were read before PEMS had the values, and are stale; null for none
-- No row: the push is no longer held. When the mirror knew the content without the edit, it is told the one with it, so
-- that the next read recognises our own write (W9). When it knew another, it knows none from here on: PEMS may go back
-- to that one, and this would be news. So it is when the record has left the value meanwhile, following PEMS to
-- another. A read that is newer than that order and still says otherwise has seen PEMS after the push: somebody has
-- changed the field again, and when the record is read the next time this is news as well.
-- Runs after lock_pushed_record.sql. Locks: the edit. Indexes: primary keys, pfa_sync_conflict_open.
WITH held AS MATERIALIZED (
  SELECT m.id, m.mirror_id FROM pfa_modification m
  WHERE m.id = $1::uuid AND m.lease_token = $2::uuid AND m.sync_state = 'syncing'
),
record AS MATERIALIZED (
  SELECT r.id, r.data, r.pending_base, r.content_hash, r.source_block, r.source_index FROM held h JOIN pfa_mirror r ON r.id = h.mirror_id
),
synced AS (
  UPDATE pfa_modification m
  SET sync_state = 'synced', synced_at = now(), lease_token = NULL, lease_expires_at = NULL, pushed_values = NULL,
    error_code = NULL, error_message = NULL
  FROM record r
  WHERE m.id = $1::uuid AND m.lease_token = $2::uuid AND m.sync_state = 'syncing'
  RETURNING m.id, m.mirror_id
),
confirmed AS (
  UPDATE pfa_mirror m
  SET pending_base = (
      SELECT jsonb_object_agg(key, value) FROM jsonb_each(coalesce(r.pending_base, '{}') || $3::jsonb),
        LATERAL (SELECT EXISTS (SELECT FROM pfa_modification o WHERE o.mirror_id = r.id AND o.id <> s.id
          AND o.sync_state IN ('committed', 'conflict', 'failed') AND key = ANY (o.modified_fields)) AS is_held) h
      WHERE CASE WHEN value <> coalesce(r.data -> key, 'null') THEN h.is_held OR r.pending_base ? key
        ELSE h.is_held AND NOT $3::jsonb ? key END),
    source_block = CASE WHEN o.is_newer THEN $6::bigint ELSE r.source_block END,
    source_index = CASE WHEN o.is_newer THEN $7::bigint ELSE r.source_index - o.is_overtaken::int END,
    content_hash = CASE WHEN r.content_hash = $4::bigint AND NOT o.is_overtaken AND NOT o.has_followed THEN $5::bigint END,
    -- The push has seen the record in PEMS: a read that began before does not sweep it.
    last_synced_at = now()
  FROM record r, synced s,
    -- A row without an order takes the one that the push has read: pages from before it are then stale here as well.
    LATERAL (SELECT coalesce(($6::bigint, $7::bigint) > (r.source_block, r.source_index), $6::bigint IS NOT NULL) AS is_newer,
      ($6::bigint, $7::bigint) < (r.source_block, r.source_index) IS TRUE
        AND EXISTS (SELECT FROM jsonb_object_keys($3::jsonb) k WHERE r.pending_base ? k) AS is_overtaken,
      EXISTS (SELECT FROM jsonb_each($3::jsonb)
        WHERE value <> coalesce(r.data -> key, 'null') AND NOT coalesce(r.pending_base, '{}') ? key) AS has_followed) o
  WHERE m.id = r.id AND s.mirror_id = r.id
),
closed AS (
  UPDATE pfa_sync_conflict c
  SET status = 'resolved', resolution = 'confirmed', resolved_at = now()
  FROM synced s WHERE c.modification_id = s.id AND c.status IS NOT DISTINCT FROM 'open'
)
SELECT id FROM synced
