-- The limit of writing new rows: the columns that an apply sets, by COPY.
COPY pfa_mirror (id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at) FROM STDIN
