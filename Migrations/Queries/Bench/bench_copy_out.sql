-- The rows of the mirror in key order, as `bench read-sync` copies them into another database.
COPY (
  SELECT id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at FROM pfa_mirror ORDER BY pfa_id
) TO STDOUT
