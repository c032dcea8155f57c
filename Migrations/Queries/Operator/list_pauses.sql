-- Pauses that are and were, the newest first: who paused and resumed, when and why.
-- $1 organization or null  $2 kind or null  $3 how many. Index: queue_pause_pkey.
SELECT id, kind, organization_id, paused_by, reason, paused_at, resumed_by, resume_reason, resumed_at
FROM queue_pause
WHERE ($1::text IS NULL OR organization_id IS NULL OR organization_id = $1) AND ($2::text IS NULL OR kind IS NULL OR kind = $2)
ORDER BY id DESC LIMIT $3::int
