-- The limit of an apply: nothing but newer records into their rows, without counts, totals, lineage or offset; for
-- `bench read-sync`.
-- $1 organization  $2 pfaIds, unique  $3 blocks  $4 indexes  $5 content hashes  $6 data as JSON text
-- Locks: written rows in the order they come. Index: pfa_mirror_key.
MERGE INTO pfa_mirror m
USING (SELECT * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[]) AS t (pfa_id, block, index, hash, data)) i
ON m.organization_id = $1 AND m.pfa_id = i.pfa_id
WHEN MATCHED AND (i.block, i.index) > (m.source_block, m.source_index) THEN
  UPDATE SET data = i.data::jsonb, version = m.version + 1, source_block = i.block, source_index = i.index, content_hash = i.hash,
    last_synced_at = now(), updated_at = now()
WHEN NOT MATCHED THEN
  INSERT (id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at)
  VALUES (md5($1 || chr(31) || i.pfa_id)::uuid, $1, i.pfa_id, i.data::jsonb, i.block, i.index, i.hash, now())
