-- Events of a stream in order; no row: there is no such stream, or nothing that late.
-- $1 organization  $2 stream  $3 first version  $4 how many
-- Index: sync_event_key.
SELECT version, type, data, metadata, created_at
FROM sync_event
WHERE organization_id = $1 AND stream = $2 AND version >= $3::bigint
ORDER BY version LIMIT $4::int
