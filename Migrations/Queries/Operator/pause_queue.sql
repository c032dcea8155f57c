-- Pauses a kind, an organization, or a kind of an organization; no row: it is paused already.
-- $1 kind or null  $2 organization or null  $3 who  $4 why. Index: queue_pause_open.
INSERT INTO queue_pause (kind, organization_id, paused_by, reason) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
RETURNING id
