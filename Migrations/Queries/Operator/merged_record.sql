-- One record as a session sees it, with where it comes from; no row: there is none. syncline.session_id names the
-- session. $1 organization  $2 pfa_id. Indexes: pfa_mirror_key, pfa_modification_draft.
SELECT l.id, l.pfa_id, l.organization_id, l.version, l.data, m.pending_base, l.has_draft, to_jsonb(l.modified_fields) AS modified_fields,
  l.base_version, to_jsonb(l.remote_fields) AS remote_fields, m.source_block, m.source_index, m.content_hash, m.swept_by,
  l.last_synced_at, l.created_at, l.updated_at
FROM pfa_merged_live l JOIN pfa_mirror m ON m.id = l.id
WHERE l.organization_id = $1 AND l.pfa_id = $2
