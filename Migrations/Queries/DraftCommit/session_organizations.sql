-- The organizations in which a user has drafts of a session. $1 session  $2 user
-- Index: pfa_modification_draft.
SELECT DISTINCT organization_id FROM pfa_modification
WHERE session_id = $1 AND user_id = $2 AND sync_state = 'draft' ORDER BY organization_id
