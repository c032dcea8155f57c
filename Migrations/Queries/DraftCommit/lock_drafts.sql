-- The drafts of these sessions, locked. Runs after lock_drafted_records.sql in the same transaction.
-- $1 organization  $2 sessions
-- Locks: the drafts, ordered by id. Index: pfa_modification_draft.
SELECT o.id, o.mirror_id, o.session_id, o.user_id, o.delta, o.base_values, o.base_context, o.base_version
FROM unnest($2::text[]) AS s (session_id)
JOIN pfa_modification o ON o.session_id = s.session_id AND o.sync_state = 'draft' AND o.organization_id = $1
ORDER BY o.id
FOR UPDATE OF o
