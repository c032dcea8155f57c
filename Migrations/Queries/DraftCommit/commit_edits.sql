-- Drafts become committed edits. $1 edits  $2 commits  $3 reasons  $4 the versions that brought them into effect, and
-- $5 what these replaced; null for an edit that is in no record, or changed none
UPDATE pfa_modification o
SET sync_state = 'committed', commit_id = e.commit_id, change_reason = e.reason, applied_version = e.version,
  replaced_values = e.replaced::jsonb, committed_at = now(),
  next_attempt_at = now(), remote_fields = '{}'
FROM unnest($1::text[]::uuid[], $2::text[]::uuid[], $3::text[], $4::integer[], $5::text[])
  AS e (id, commit_id, reason, version, replaced)
-- In words that no partial index answers, and no walk in the order of ids (apply_records.sql).
WHERE o.id = ANY (ARRAY[e.id]) AND o.sync_state IS NOT DISTINCT FROM 'draft'
