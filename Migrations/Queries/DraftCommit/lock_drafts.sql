-- The drafts of these sessions, locked. Runs after lock_drafted_records.sql in the same transaction, and is as much of
-- a loop over the sessions.
-- $1 organization  $2 sessions
-- Locks: the drafts, ordered by id. Indexes: pfa_modification_draft, pfa_modification_pkey.
SELECT o.id, o.mirror_id, o.session_id, o.user_id, o.delta, o.base_values, o.base_context, o.base_version
FROM (
  SELECT d.id FROM unnest($2::text[]) AS s (session_id)
  CROSS JOIN LATERAL (
    SELECT o.id FROM pfa_modification o
    WHERE o.session_id = s.session_id AND o.sync_state = 'draft' AND o.organization_id IS NOT DISTINCT FROM $1 OFFSET 0
  ) d
  ORDER BY d.id OFFSET 0
) w
CROSS JOIN LATERAL (SELECT * FROM pfa_modification o WHERE o.id = w.id OFFSET 0 FOR UPDATE) o
-- Somebody may have been faster.
WHERE o.sync_state = 'draft'
